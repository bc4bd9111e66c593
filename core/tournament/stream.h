/* core/tournament/stream.h: the draws of a round, so that anybody can repeat them.
 *
 * Source: section 10, where the algorithm is demanded exactly as it stands here. The stream of a label is the
 * concatenation over k = 0, 1, 2, ... of SHA-256("<round_id>/<label>/<k>"), k in decimal; each 8 bytes, big-endian,
 * are one number x of 64 bits. Each label has its own stream, so no draw depends on another.
 *
 *     label                          who reads it
 *     bracket                        core/tournament/bracket.h
 *     task/<group or pair id>/<i>    core/tournament/task_mix.h, text
 *     image                          core/tournament/task_mix.h, image
 *     environments/<i>               core/tournament/task_mix.h, environment
 */
#ifndef GDI_TOURNAMENT_STREAM_H
#define GDI_TOURNAMENT_STREAM_H

#include "core/tournament/entrant.h"
#include "core/tournament/sha256.h"

typedef struct gdi_stream {
    gdi_sha256 prefix; /* "<round_id>/<label>/" taken */
    uint64_t next_k;
    uint32_t used_bytes; /* of digest */
    uint8_t digest[GDI_SHA256_BYTES];
} gdi_stream;

/* Opens the stream of a label; nothing to close. The texts are not kept. */
void gdi_stream_open(gdi_stream *stream, const char *round_id, const char *label);

uint64_t gdi_stream_next(gdi_stream *stream);
/* Uniform in 0 .. bound - 1. A bound of 1 gives 0 and reads nothing; otherwise an x of the last, incomplete run of
 * residues is thrown away. bound >= 1. */
uint64_t gdi_stream_below(gdi_stream *stream, uint64_t bound);
/* Uniform in [0, 1): (x >> 11) * 2^-53. */
double gdi_stream_unit(gdi_stream *stream);
/* For i = count - 1 down to 1, swaps items i and below(i + 1). */
void gdi_stream_shuffle(gdi_stream *stream, uint32_t *items, uint32_t count);

#endif
