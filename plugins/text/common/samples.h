/* samples.h: the labelled examples of a test file, filtered and in the order of evaluation. [one]
 *
 * An example is a list of ids with a label for each: the id itself where it is scored, GTX_IGNORE where it is not.
 * Examples are added in file order and keep their row number whatever becomes of them, so that every row of the file
 * can be accounted for. gtx_samples_finish applies the rules of spec/evaluation.md 3.4:
 *
 *     kept     2 <= length <= sequence_len, and at least one label
 *     order    ascending length, equal lengths in file order
 */
#ifndef GTX_SAMPLES_H
#define GTX_SAMPLES_H

#include "common/ids.h"

enum { GTX_IGNORE = -100, GTX_SAMPLE_LENGTH_MIN = 2 };

enum { GTX_EOS_NONE = 0, GTX_EOS_PRESENT = 1, GTX_EOS_APPENDED = 2 };
enum { GTX_KEPT = 1, GTX_TOO_SHORT, GTX_TOO_LONG, GTX_NO_LABELS, GTX_STATES };

typedef struct gtx_sample {
    uint64_t row;         /* in the file, from 1 */
    uint32_t piece;       /* number within the row, from 0 (completion cuts a row into several) */
    uint32_t state;       /* GTX_KEPT ...; set by finish */
    size_t at;            /* of its first id in gtx_samples.ids and .labels */
    uint32_t count;       /* ids that are run */
    uint32_t length;      /* what the filter looks at: count, and padding that the data brought along */
    uint32_t uncut;       /* ids before anything was cut */
    uint32_t label_count; /* labels that are not GTX_IGNORE: N of spec 3.6, position 0 included; set by add */
    uint32_t eos;         /* GTX_EOS_... of the scored part */
    uint32_t shared;      /* its first ids that are also those of the sample added before it and that no number is read
                             from in either: packs run them once; 0: none. gtx_samples_shared counts them */
} gtx_sample;

typedef struct gtx_samples {
    int64_t sequence_len;
    gtx_ids ids, labels; /* of all samples, one behind the other */
    gtx_sample *items;   /* in file order */
    size_t count, capacity;
    size_t *order; /* indices of the kept ones in the order of evaluation; set by finish */
    size_t kept;
    size_t states[GTX_STATES];     /* how many of each state */
    uint64_t tokens, label_tokens; /* of the kept ones */
    int32_t id_highest;            /* of ids and labels of the kept ones; -1 without any */
    uint64_t id_highest_row;       /* the row it stands in */
} gtx_samples;

void gtx_samples_init(gtx_samples *samples, int64_t sequence_len);
void gtx_samples_free(gtx_samples *samples); /* accepts a zeroed one */

/* Copies. Of `about` it takes row, piece, uncut, eos, shared and, when above `count`, length. */
god_status gtx_samples_add(gtx_samples *samples, const gtx_sample *about, const int32_t *ids, const int32_t *labels,
                           size_t count, god_error *err);
/* For gtx_sample.shared of the sample to be added: the ids that it has in common with the one added last, up to but
 * without the last one in front of either's first label, which predicts that label. */
uint32_t gtx_samples_shared(const gtx_samples *samples, const int32_t *ids, const int32_t *labels, size_t count);
/* Once, after the last add. */
god_status gtx_samples_finish(gtx_samples *samples, god_error *err);
/* Instead of it, for task types without a filter: everything is kept, in file order. */
god_status gtx_samples_finish_unfiltered(gtx_samples *samples, god_error *err);

const int32_t *gtx_sample_ids(const gtx_samples *samples, const gtx_sample *sample);
const int32_t *gtx_sample_labels(const gtx_samples *samples, const gtx_sample *sample);
const char *gtx_sample_state_name(uint32_t state); /* "kept", "too_short", "too_long", "no_labels" */

#endif
