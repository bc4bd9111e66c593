/* core/identity/ss58.h: accounts as people write them (identity specification, section 4).
 *
 *     body      2a | account, 32 bytes                     prefix 42, the only one accepted
 *     checksum  first 2 bytes of BLAKE2b-512("SS58PRE" | body)
 *     address   base58(body | checksum), 47 or 48 characters
 *
 * Decoding is strict: alphabet, length, prefix and checksum, and the account encoded again must give the same text, so
 * that each account has one address. [any]
 */
#ifndef GDI_IDENTITY_SS58_H
#define GDI_IDENTITY_SS58_H

#include "god/error.h"

enum {
    GDI_ACCOUNT_BYTES = 32, /* a public key */
    GDI_SS58_BYTES = 49     /* an address and its NUL */
};

/* GOD_E_DATA: `"5Grw..." is not an address: its checksum is wrong`. */
god_status gdi_ss58_decode(const char *address, uint8_t ret_account[GDI_ACCOUNT_BYTES], god_error *err);
void gdi_ss58_encode(const uint8_t account[GDI_ACCOUNT_BYTES], char ret_address[GDI_SS58_BYTES]);

#endif
