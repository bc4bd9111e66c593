/* core/training/verdict.h: what a miner hears about the output of a training, before any validator sees it.
 *
 * Looks at the folder that would be uploaded: is there a model or an adapter, is its configuration there, does it name
 * weights, and are they others than those of the base model? Reads configurations and compares files; whether the model
 * is any good is for `god evaluate`. [any]
 */
#ifndef GDI_TRAINING_VERDICT_H
#define GDI_TRAINING_VERDICT_H

#include "god/helpers/file.h"

enum { GDI_VERDICT_FINDINGS_MAX = 16, GDI_VERDICT_TEXT_BYTES = 300 };

typedef struct gdi_finding {
    uint32_t is_fatal; /* 1: a validator would give no score */
    char text[GDI_VERDICT_TEXT_BYTES];
} gdi_finding;

typedef struct gdi_verdict {
    char dir[GOD_PATH_MAX]; /* what would be uploaded; "" when there is nothing */
    char kind[16];          /* "adapter", "model" or "" */
    gdi_finding findings[GDI_VERDICT_FINDINGS_MAX];
    uint32_t count, fatal_count;
} gdi_verdict;

/* base_dir may be NULL: then it is not said whether something was learned. GOD_E_IO when files cannot be read. */
god_status gdi_verdict_make(const char *output_dir, const char *base_dir, gdi_verdict *ret_verdict, god_error *err);

#endif
