#include "sp_merges.h"

#include <stdlib.h>

#include "index.h"
#include "utf8.h"
#include "work.h"

#define GDT_SP_MERGES_MAX (1 << 23)

typedef struct merge {
    float score;
    uint32_t left_length, right_length; /* in characters */
    int32_t left, right;                /* ids */
    size_t piece, order;
} merge;

typedef struct merges {
    merge *items;
    size_t count, capacity;
} merges;

/* Within a piece: by ids. */
static int by_ids(const void *a, const void *b)
{
    const merge *x = a, *y = b;
    if (x->left != y->left) {
        return x->left < y->left ? -1 : 1;
    }
    return (x->right > y->right) - (x->right < y->right);
}

static int by_score(const void *a, const void *b)
{
    const merge *x = a, *y = b;
    if (x->score != y->score) {
        return x->score > y->score ? -1 : 1;
    }
    if (x->left_length != y->left_length) {
        return x->left_length > y->left_length ? -1 : 1;
    }
    if (x->right_length != y->right_length) {
        return x->right_length > y->right_length ? -1 : 1;
    }
    return (x->order > y->order) - (x->order < y->order);
}

static god_status add_merges(merges *list, const char *where, const gdt_index *index, const gdt_sp_piece *pieces,
                             size_t piece, god_error *err)
{
    const gdt_sp_piece *p = &pieces[piece];
    size_t first = list->count;
    uint32_t length = 0, characters = 0;
    for (size_t i = 0; i < p->bytes; i++) {
        characters += !gdt_utf8_is_continuation(p->text[i]);
    }
    for (size_t at = 0; at < p->bytes;) {
        at += gdt_utf8_length(p->text[at]);
        length++;
        if (at == p->bytes) {
            break;
        }
        int32_t left = gdt_index_get(index, p->text, at);
        int32_t right = left >= 0 ? gdt_index_get(index, p->text + at, p->bytes - at) : -1;
        if (right < 0) {
            continue;
        }
        if (list->count == GDT_SP_MERGES_MAX) {
            return god_fail(err, GOD_E_DATA, "%s: there are more than GDT_SP_MERGES_MAX (%d) merges", where,
                            GDT_SP_MERGES_MAX);
        }
        GOD_TRY(gdt_reserve((void **)&list->items, &list->capacity, list->count + 1, sizeof(merge), where, err));
        list->items[list->count++] = (merge){p->score, length, characters - length, left, right, piece, 0};
    }
    if (list->count > first) {
        qsort(list->items + first, list->count - first, sizeof(merge), by_ids);
    }
    return GOD_OK;
}

static god_status list_merges(merges *list, const char *where, const gdt_sp_piece *pieces, size_t count, god_error *err)
{
    gdt_index index;
    GOD_TRY(gdt_index_init(&index, count, err));
    god_status status = GOD_OK;
    for (size_t i = 0; i < count && status == GOD_OK; i++) {
        status = gdt_index_put(&index, pieces[i].text, pieces[i].bytes, (int32_t)i, err);
    }
    for (size_t i = 0; i < count && status == GOD_OK; i++) {
        status = add_merges(list, where, &index, pieces, i, err);
    }
    gdt_index_fini(&index);
    for (size_t i = 0; i < list->count; i++) {
        list->items[i].order = i;
    }
    if (status == GOD_OK && list->count > 1) {
        qsort(list->items, list->count, sizeof(merge), by_score);
    }
    return status;
}

god_status gdt_sp_merges(const char *where, const gdt_sp_piece *pieces, size_t count, json_t **ret_merges,
                         god_error *err)
{
    merges list = {.items = NULL};
    json_t *array = json_array();
    god_status status = array != NULL ? list_merges(&list, where, pieces, count, err)
                                      : god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
    for (size_t i = 0; i < list.count && status == GOD_OK; i++) {
        const gdt_sp_piece *left = &pieces[list.items[i].left], *right = &pieces[list.items[i].right];
        json_t *pair = json_pack("[s%, s%]", left->text, left->bytes, right->text, right->bytes);
        if (json_array_append_new(array, pair) != 0) {
            status = god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
        }
    }
    free(list.items);
    if (status != GOD_OK) {
        json_decref(array);
        return status;
    }
    *ret_merges = array;
    return GOD_OK;
}
