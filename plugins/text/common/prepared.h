/* prepared.h: the prepared form of a test file: what tokenising it gave, in one file that can be mapped. [any]
 *
 * Written by "god.dataset/1" prepare, read by "god.eval/1" run. Each row has the same number of parts (instruct:
 * prompt and answer), each part the ids of its text without any cut and the text itself, because a cut depends on the
 * submission's context and is made later from the text.
 *
 *     header    gtx_prepared_header, 128 bytes
 *     parts     row_count * part_count entries of 32 bytes: first id, id count, first text byte, text bytes
 *     ids       id_count int32
 *     text      text_bytes bytes
 *
 * All little-endian. The header holds the SHA-256 of everything behind it; reading checks it and every offset.
 */
#ifndef GTX_PREPARED_H
#define GTX_PREPARED_H

#include "common/ids.h"
#include "god/helpers/text.h"

#define GTX_PREPARED_FILE "prepared.bin"
#define GTX_PREPARED_BYTES_MAX ((size_t)1 << 33)
enum { GTX_PREPARED_VERSION = 1, GTX_PARTS_MAX = 4 };

typedef struct gtx_prepared_header {
    char magic[8];
    uint32_t version, kind; /* kind: the task type's own number for what the parts mean */
    uint32_t part_count, truncation_side;
    uint64_t row_count, id_count, text_bytes;
    int32_t bos, eos, pad, unk; /* of the base tokenizer; -1: none */
    int64_t model_max_length;   /* of the base tokenizer; 0: absent */
    char sha256[32];            /* of what follows */
    char reserved[24];
} gtx_prepared_header;

typedef struct gtx_part {
    uint64_t id_at, id_count, text_at, text_bytes;
} gtx_part;

/* Being filled. Owned by whoever declares it. */
typedef struct gtx_prepared_writer {
    gtx_prepared_header header; /* the caller sets kind, part_count, truncation_side, special ids */
    god_text parts;             /* gtx_part entries */
    gtx_ids ids;
    god_text text;
} gtx_prepared_writer;

/* Rows are added part by part, part_count parts to a row. */
god_status gtx_prepared_add_part(gtx_prepared_writer *writer, const int32_t *ids, size_t id_count, const char *text,
                                 size_t text_bytes, god_error *err);
/* Writes <dir>/prepared.bin, whole or not at all. */
god_status gtx_prepared_write(gtx_prepared_writer *writer, const char *dir, god_error *err);
void gtx_prepared_writer_free(gtx_prepared_writer *writer);

/* Mapped for reading. */
typedef struct gtx_prepared {
    void *map;
    size_t map_bytes;
    const gtx_prepared_header *header;
    const gtx_part *parts;
    const int32_t *ids;
    const char *text;
} gtx_prepared;

/* GOD_E_DATA for anything that gtx_prepared_write did not write. */
god_status gtx_prepared_open(const char *dir, gtx_prepared *ret_prepared, god_error *err);
void gtx_prepared_close(gtx_prepared *prepared); /* accepts a zeroed one */

/* Ids of the row that has most, all its parts together. */
uint64_t gtx_prepared_longest(const gtx_prepared *prepared);
/* row from 0. */
const gtx_part *gtx_prepared_part(const gtx_prepared *prepared, uint64_t row, uint32_t part);
const int32_t *gtx_prepared_ids(const gtx_prepared *prepared, const gtx_part *part);
const char *gtx_prepared_text(const gtx_prepared *prepared, const gtx_part *part);

#endif
