#include "core/identity/keccak.h"

enum { rounds = 24, lanes = 25 };

/* FIPS 202, section 3.2.5: the constants of step iota. */
static const uint64_t iota[rounds] = {0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
                                      0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
                                      0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
                                      0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
                                      0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
                                      0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

/* Sections 3.2.2 and 3.2.3: how far lane x + 5y is turned. */
static const uint8_t turns[lanes] = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                     25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};

static uint64_t turn_left(uint64_t lane, uint32_t count)
{
    return count == 0 ? lane : lane << count | lane >> (64 - count);
}

static void theta(uint64_t a[lanes])
{
    uint64_t parity[5];
    for (uint32_t x = 0; x < 5; x++) {
        parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    }
    for (uint32_t i = 0; i < lanes; i++) {
        a[i] ^= parity[(i + 4) % 5] ^ turn_left(parity[(i + 1) % 5], 1);
    }
}

static void rho_and_pi(const uint64_t a[lanes], uint64_t ret_b[lanes])
{
    for (uint32_t y = 0; y < 5; y++) {
        for (uint32_t x = 0; x < 5; x++) {
            ret_b[y + 5 * ((2 * x + 3 * y) % 5)] = turn_left(a[x + 5 * y], turns[x + 5 * y]);
        }
    }
}

static void chi(const uint64_t b[lanes], uint64_t ret_a[lanes])
{
    for (uint32_t row = 0; row < lanes; row += 5) {
        for (uint32_t x = 0; x < 5; x++) {
            ret_a[row + x] = b[row + x] ^ (~b[row + (x + 1) % 5] & b[row + (x + 2) % 5]);
        }
    }
}

void gdi_keccak_permute(uint8_t state[GDI_KECCAK_BYTES])
{
    uint64_t a[lanes] = {0}, b[lanes];
    for (uint32_t i = 0; i < GDI_KECCAK_BYTES; i++) {
        a[i / 8] |= (uint64_t)state[i] << (i % 8 * 8);
    }
    for (uint32_t round = 0; round < rounds; round++) {
        theta(a);
        rho_and_pi(a, b);
        chi(b, a);
        a[0] ^= iota[round];
    }
    for (uint32_t i = 0; i < GDI_KECCAK_BYTES; i++) {
        state[i] = (uint8_t)(a[i / 8] >> (i % 8 * 8));
    }
}
