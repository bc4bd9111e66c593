#include "chat/labels.h"

#include "common/samples.h"

/* The first position of the whole conversation from `end` on that holds EOS, -1 when it is too far away. */
static int32_t find_eos(const gtx_ids *whole, int32_t end, int32_t eos)
{
    if (eos < 0 || (end < 0 && whole->count > 0 && whole->items[whole->count - 1] == eos)) {
        return -1;
    }
    for (int32_t i = end < 0 ? 0 : end; (size_t)i < whole->count && i - end <= CHAT_EOS_REACH; i++) {
        if (whole->items[i] == eos) {
            return i;
        }
    }
    return -1;
}

chat_span chat_span_find(int32_t turn, const gtx_ids *cut, const gtx_ids *probe, const gtx_ids *whole, int32_t eos)
{
    chat_span span = {turn, -1, -1, -1};
    size_t shorter = cut->count < probe->count ? cut->count : probe->count;
    size_t same_front = 0, same_back = 0;
    while (same_front < shorter && cut->items[same_front] == probe->items[same_front]) {
        same_front++;
    }
    while (same_back < shorter &&
           cut->items[cut->count - 1 - same_back] == probe->items[probe->count - 1 - same_back]) {
        same_back++;
    }
    if (same_front < shorter && same_back < shorter && cut->count - same_back > same_front) {
        span.start = (int32_t)same_front;
        span.end = (int32_t)(cut->count - same_back);
    }
    span.eos = find_eos(whole, span.end, eos);
    return span;
}

static void label(const int32_t *ids, size_t count, int32_t position, int32_t *labels)
{
    if (position >= 0 && (size_t)position < count) {
        labels[position] = ids[position];
    }
}

void chat_labels_write(const int32_t *ids, size_t count, const chat_span *spans, size_t span_count, int32_t *ret_labels)
{
    for (size_t i = 0; i < count; i++) {
        ret_labels[i] = GTX_IGNORE;
    }
    for (size_t s = 0; s < span_count; s++) {
        for (int32_t i = spans[s].start; i < spans[s].end && (size_t)i < count; i++) {
            label(ids, count, i, ret_labels);
        }
        label(ids, count, spans[s].eos, ret_labels);
    }
}
