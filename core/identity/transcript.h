/* core/identity/transcript.h: merlin transcripts over STROBE-128 (identity specification, sections 5.2 and 5.3), as far
 * as sr25519 needs them: what both sides say is absorbed under labels, and challenges are squeezed out.
 *
 *     state, 200 bytes    | rate, 166 bytes                         | capacity |
 *                           ^ pos_begin     ^ pos: the next byte
 *
 * A transcript is a plain value: copying it clones it. One that absorbed a secret is wiped by its owner. [any] with
 * transcripts of one's own.
 */
#ifndef GDI_IDENTITY_TRANSCRIPT_H
#define GDI_IDENTITY_TRANSCRIPT_H

#include <stddef.h>

#include "core/identity/keccak.h"

typedef struct gdi_transcript {
    uint8_t state[GDI_KECCAK_BYTES];
    uint8_t pos, pos_begin;
} gdi_transcript;

void gdi_transcript_open(gdi_transcript *t, const char *label);
void gdi_transcript_append(gdi_transcript *t, const char *label, const void *message, size_t bytes);
void gdi_transcript_challenge(gdi_transcript *t, const char *label, uint8_t *ret_bytes, size_t bytes);

/* Secret bytes of a prover, out of a clone of its transcript, a secret of long life and fresh randomness, 32 bytes
 * each: they stay secret as long as one of the two does. */
void gdi_transcript_witness(const gdi_transcript *t, const char *label, const uint8_t secret[32],
                            const uint8_t random[32], uint8_t *ret_bytes, size_t bytes);

#endif
