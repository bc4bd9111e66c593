#include "support.h"

#include <stdlib.h>

#include "god/helpers/json.h"

Suite *suite_of(const char *name, const TTest *const *tests)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    for (; *tests != NULL; tests++) {
        tcase_add_test(tcase, *tests);
    }
    suite_add_tcase(suite, tcase);
    return suite;
}

void expect_ok(god_status status, const god_error *err)
{
    ck_assert_msg(status == GOD_OK, "%s: %s", god_status_name(status), err->message);
}

void expect_refused(god_status status, god_status wanted, const god_error *err, const char *sentence)
{
    ck_assert_str_eq(god_status_name(status), god_status_name(wanted));
    ck_assert_int_eq(err->code, wanted);
    ck_assert_msg(strstr(err->message, sentence) != NULL, "\"%s\" lacks \"%s\"", err->message, sentence);
}

json_t *json_of(const char *text)
{
    json_error_t problem;
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);
    ck_assert_msg(value != NULL, "%s: %s", text, problem.text);
    return value;
}

json_t *vector_named(const char *id)
{
    god_error err = GOD_ERROR_INIT;
    gtx_rows vectors;
    expect_ok(gtx_rows_read(VECTORS, &vectors, &err), &err);
    json_t *found = NULL;
    for (size_t i = 0; i < gtx_rows_count(&vectors); i++) {
        const json_t *vector = gtx_rows_at(&vectors, i);
        if (strcmp(json_string_value(json_object_get(vector, "id")), id) == 0) {
            found = json_deep_copy(vector);
        }
    }
    gtx_rows_free(&vectors);
    ck_assert_msg(found != NULL, "no vector %s", id);
    return found;
}

gtx_rows rows_of(const json_t *row_objects)
{
    god_error err = GOD_ERROR_INIT;
    gtx_rows rows;
    char *text = json_dumps(row_objects, 0);
    ck_assert_ptr_nonnull(text);
    expect_ok(gtx_rows_parse(text, strlen(text), &rows, &err), &err);
    free(text);
    return rows;
}

static god_status toy_encode(void *ctx, const char *text, size_t bytes, uint32_t flags, size_t ids_max, gtx_ids *ids,
                             god_error *err)
{
    const toy *self = ctx;
    uint32_t bos = self->adds_bos && (flags & GOD_ENCODE_SPECIAL);
    uint32_t eos = self->adds_eos && (flags & GOD_ENCODE_SPECIAL);
    size_t room = ids_max == 0 ? SIZE_MAX : ids_max - bos - eos;
    size_t total = 0;
    for (size_t i = 0; i < bytes; i++) {
        total += text[i] != '~';
    }
    size_t skip = self->cuts_left && total > room ? total - room : 0;
    GOD_TRY(gtx_ids_append_same(ids, self->bos, bos, err));
    for (size_t i = 0, seen = 0; i < bytes; i++) {
        if (text[i] == '~') {
            continue;
        }
        if (seen >= skip && seen - skip < room) {
            GOD_TRY(gtx_ids_append_same(ids, text[i], 1, err));
        }
        seen++;
    }
    return gtx_ids_append_same(ids, self->eos, eos, err);
}

gtx_encoder toy_encoder(toy *about)
{
    return (gtx_encoder){about, toy_encode, about->bos, about->eos};
}
