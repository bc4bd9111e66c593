/* Any three lists of ids: what a template may render for a cut, its probe and the whole has no shape to rely on. The
 * first byte is EOS, each 0xff begins the next list. */
#include <stdint.h>
#include <stdlib.h>

#include "chat/labels.h"
#include "common/samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* assert, in every build. */
static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

static void check_labels(const gtx_ids *whole, const chat_span *span)
{
    int32_t *labels = malloc((whole->count + 1) * sizeof *labels);
    require(labels != NULL);
    chat_labels_write(whole->items, whole->count, span, 1, labels);
    for (size_t i = 0; i < whole->count; i++) {
        int64_t at = (int64_t)i;
        uint32_t scored = (at >= span->start && at < span->end) || at == span->eos;
        require(labels[i] == (scored ? whole->items[i] : GTX_IGNORE));
    }
    free(labels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    god_error err = GOD_ERROR_INIT;
    gtx_ids lists[3] = {GTX_IDS_INIT, GTX_IDS_INIT, GTX_IDS_INIT};
    size_t list = 0;
    int32_t eos = bytes > 0 ? data[0] : -1;
    for (size_t i = 1; i < bytes; i++) {
        if (data[i] == 0xff) {
            list = (list + 1) % 3;
        } else {
            require(gtx_ids_append_same(&lists[list], data[i], 1, &err) == GOD_OK);
        }
    }
    const chat_span span = chat_span_find(0, &lists[0], &lists[1], &lists[2], eos);
    require((span.start == -1 && span.end == -1) || (span.start >= 0 && span.start < span.end));
    require(span.end <= (int64_t)lists[0].count);
    require(span.eos == -1 || ((size_t)span.eos < lists[2].count && lists[2].items[span.eos] == eos));
    check_labels(&lists[2], &span);
    for (size_t i = 0; i < 3; i++) {
        gtx_ids_free(&lists[i]);
    }
    return 0;
}
