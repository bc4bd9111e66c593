/* core/identity/keccak.h: the permutation Keccak-f[1600] of FIPS 202, section 3, over the state as 200 bytes. STROBE
 * needs it bare, and libsodium does not have it. The time it takes does not depend on the bytes. [any] */
#ifndef GDI_IDENTITY_KECCAK_H
#define GDI_IDENTITY_KECCAK_H

#include <stdint.h>

enum { GDI_KECCAK_BYTES = 200 };

void gdi_keccak_permute(uint8_t state[GDI_KECCAK_BYTES]);

#endif
