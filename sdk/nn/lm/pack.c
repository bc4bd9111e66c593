#include "lm/pack.h"

#include <stdlib.h>
#include <string.h>

static god_status check_prefix(const god_nn_pack *pack, int64_t sequence, god_error *err)
{
    int64_t prefix = pack->prefixes != NULL ? pack->prefixes[sequence] : -1;
    if (prefix < -1 || prefix >= sequence || (prefix >= 0 && pack->prefixes[prefix] >= 0)) {
        return god_fail(err, GOD_E_INVALID,
                        "sequence %lld of the pack has the prefix %lld: it must be an earlier one without a prefix",
                        (long long)sequence, (long long)prefix);
    }
    return GOD_OK;
}

god_status gnn_pack_check(const god_nn_pack *pack, int64_t vocab_size, god_error *err)
{
    if (pack->sequence_count < 1 || pack->starts[0] != 0) {
        return god_fail(err, GOD_E_INVALID, "a pack needs at least one sequence, the first starting at 0");
    }
    for (int64_t s = 0; s < pack->sequence_count; s++) {
        int64_t length = pack->starts[s + 1] - pack->starts[s];
        if (length < 1 || length > INT32_MAX) {
            return god_fail(err, GOD_E_INVALID, "sequence %lld of the pack has %lld tokens", (long long)s,
                            (long long)length);
        }
        GOD_TRY(check_prefix(pack, s, err));
    }
    for (int64_t i = 0; i < pack->starts[pack->sequence_count]; i++) {
        if (pack->ids[i] < 0 || pack->ids[i] >= vocab_size) {
            return god_fail(err, GOD_E_DATA, "token id %d at position %lld is outside the vocabulary of %lld",
                            pack->ids[i], (long long)i, (long long)vocab_size);
        }
    }
    return GOD_OK;
}

static uint32_t is_prefix(const god_nn_pack *pack, int64_t sequence)
{
    for (int64_t s = sequence + 1; s < pack->sequence_count; s++) {
        if (pack->prefixes[s] == sequence) {
            return 1;
        }
    }
    return 0;
}

/* Appends a sequence with its prefix in front; *starts ends behind it afterwards. */
static void append(const god_nn_pack *pack, int64_t sequence, gnn_whole_pack *whole)
{
    int64_t at = whole->starts[whole->pack.sequence_count], before = gnn_pack_before(pack, sequence);
    int64_t own = pack->starts[sequence + 1] - pack->starts[sequence];
    if (before > 0) {
        const int32_t *prefix = pack->ids + pack->starts[pack->prefixes[sequence]];
        memcpy(whole->ids + at, prefix, (size_t)before * sizeof *whole->ids);
    }
    memcpy(whole->ids + at + before, pack->ids + pack->starts[sequence], (size_t)own * sizeof *whole->ids);
    whole->starts[++whole->pack.sequence_count] = at + before + own;
}

static void fill(const god_nn_pack *pack, const int64_t *rows, int64_t row_count, gnn_whole_pack *whole)
{
    int64_t row = 0;
    for (int64_t s = 0; s < pack->sequence_count; s++) {
        int64_t first = row, at = whole->starts[whole->pack.sequence_count] + gnn_pack_before(pack, s);
        for (; row < row_count && rows[row] < pack->starts[s + 1]; row++) {
            whole->rows[row] = at + rows[row] - pack->starts[s];
        }
        if (row > first || !is_prefix(pack, s)) {
            append(pack, s, whole);
        }
    }
}

god_status gnn_whole_pack_make(const god_nn_pack *pack, const int64_t *rows, int64_t row_count,
                               gnn_whole_pack *ret_whole, god_error *err)
{
    int64_t tokens = 0;
    for (int64_t s = 0; s < pack->sequence_count; s++) {
        tokens += gnn_pack_length(pack, s);
    }
    gnn_whole_pack whole = {.ids = malloc((size_t)tokens * sizeof *whole.ids),
                            .starts = calloc((size_t)pack->sequence_count + 1, sizeof *whole.starts),
                            .rows = malloc((size_t)row_count * sizeof *whole.rows + 1)};
    if (whole.ids == NULL || whole.starts == NULL || whole.rows == NULL) {
        gnn_whole_pack_free(&whole);
        return god_fail(err, GOD_E_NOMEM, "out of memory for a pack of %lld tokens", (long long)tokens);
    }
    fill(pack, rows, row_count, &whole);
    whole.pack.ids = whole.ids;
    whole.pack.starts = whole.starts;
    *ret_whole = whole;
    return GOD_OK;
}

void gnn_whole_pack_free(gnn_whole_pack *whole)
{
    free(whole->ids);
    free(whole->starts);
    free(whole->rows);
    *whole = (gnn_whole_pack){.ids = NULL};
}
