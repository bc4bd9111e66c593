/* core/simulation/draw.h: chance that does not depend on the order in which it is asked.
 *
 * A draw is a pure function of a seed, what is drawn ("duration"), of whom (a job's key, a hotkey) and a number (the
 * attempt, the day). So a virtual world that was interrupted and goes on, or that is asked in another order, answers
 * the same; nothing has to be remembered. The function is SipHash-2-4 (Aumasson, Bernstein 2012) with the seed as key:
 * fast, and every bit of it may be used. [any]
 */
#ifndef GDI_SIMULATION_DRAW_H
#define GDI_SIMULATION_DRAW_H

#include <stddef.h>
#include <stdint.h>

uint64_t gdi_draw(uint64_t seed, const char *what, const char *whose, uint64_t number);

/* The same, in [0, 1). */
double gdi_draw_unit(uint64_t seed, const char *what, const char *whose, uint64_t number);
/* Uniform in lowest .. highest, both included; the bias of the remainder is below 2^-40 for ranges below 2^24. */
int64_t gdi_draw_range(uint64_t seed, const char *what, const char *whose, uint64_t number, int64_t lowest,
                       int64_t highest);
/* Standard normal, by the sum of twelve units: its tails end at 6. */
double gdi_draw_normal(uint64_t seed, const char *what, const char *whose, uint64_t number);
/* Letters of an alphabet, NUL-ended; `ret_text` has room for count + 1. */
void gdi_draw_text(uint64_t seed, const char *what, const char *whose, uint64_t number, const char *alphabet,
                   size_t count, char *ret_text);
/* Any number of bytes. */
void gdi_draw_bytes(uint64_t seed, const char *what, const char *whose, uint8_t *ret_bytes, size_t count);

/* SipHash-2-4 itself, for its test vector. */
uint64_t gdi_siphash(uint64_t key0, uint64_t key1, const void *data, size_t bytes);

#endif
