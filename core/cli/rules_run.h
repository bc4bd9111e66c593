/* core/cli/rules_run.h: playing a file of rule vectors. [one]
 *
 * A file is an array of {"id", "kind", "in", "out"}, or an object with that array as "vectors" and an optional
 * "tolerance_relative". A vector whose `in` cannot be used fails with a sentence; the others still run. A file that is
 * no such list fails as a whole.
 */
#ifndef GDI_CLI_RULES_RUN_H
#define GDI_CLI_RULES_RUN_H

#include "core/cycles/task_kinds.h"
#include "god/helpers/json.h"

enum { GDI_RULES_FILE_BYTES_MAX = 64 << 20, GDI_RULES_VECTORS_MAX = 1000000 };

/* What became of one vector. Texts are borrowed for the call. */
typedef struct gdi_vector_result {
    const char *id, *kind;
    uint32_t passed;
    const char *message;    /* a vector that could not be played: why; NULL otherwise */
    const char *path;       /* a wrong answer: where it differs */
    const json_t *expected; /* there; NULL: nothing */
    const json_t *got;
} gdi_vector_result;
typedef void gdi_vector_result_fn(void *user, const gdi_vector_result *result);

typedef struct gdi_rules_counts {
    uint32_t passed, failed;
} gdi_rules_counts;

/* Calls `result` for each vector in the order of the file. GOD_E_DATA when the file is no list of vectors; then
 * nothing was played. */
god_status gdi_rules_run(const char *where, const json_t *file, gdi_task_kinds *task_kinds, void *user,
                         gdi_vector_result_fn *result, gdi_rules_counts *ret_counts, god_error *err);

#endif
