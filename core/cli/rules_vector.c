#include "core/cli/rules_vector.h"

#include <stdlib.h>

#include "core/tournament/calendar.h"
#include "god/eval.h"

struct gdi_vector_block {
    gdi_vector_block *next;
    max_align_t items[];
};

void gdi_vector_fini(gdi_vector *vector)
{
    while (vector->blocks != NULL) {
        gdi_vector_block *block = vector->blocks;
        vector->blocks = block->next;
        free(block);
    }
}

god_status gdi_vector_alloc(gdi_vector *vector, size_t count, size_t item_bytes, void **ret_items, god_error *err)
{
    size_t bytes = 0;
    gdi_vector_block *block = NULL;
    if (!__builtin_mul_overflow(count, item_bytes, &bytes) && bytes < SIZE_MAX / 2) {
        block = calloc(1, sizeof *block + bytes);
    }
    if (block == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %zu items of %zu bytes", count, item_bytes);
    }
    block->next = vector->blocks;
    vector->blocks = block;
    *ret_items = block->items;
    return GOD_OK;
}

god_status gdi_read_count(const json_t *in, const char *key, uint32_t lowest, uint32_t *ret, god_error *err)
{
    int64_t number = 0;
    GOD_TRY(god_json_get_int("in", in, key, lowest, GDI_VECTOR_FIELD_MAX, &number, err));
    *ret = (uint32_t)number;
    return GOD_OK;
}

god_status gdi_read_value(const char *name, const json_t *value, double *ret, god_error *err)
{
    if (json_is_null(value)) {
        *ret = GDI_NO_VALUE;
        return GOD_OK;
    }
    if (!json_is_number(value)) {
        return god_fail(err, GOD_E_DATA, "in: %s: a number or null is needed", name);
    }
    *ret = json_number_value(value);
    return GOD_OK;
}

god_status gdi_read_member_value(const json_t *in, const char *key, double *ret, god_error *err)
{
    const json_t *value = json_object_get(in, key);
    if (value == NULL) {
        return god_fail(err, GOD_E_DATA, "in: \"%s\" is missing", key);
    }
    return gdi_read_value(key, value, ret, err);
}

god_status gdi_read_text(const char *name, const json_t *value, const char **ret, god_error *err)
{
    if (!json_is_string(value)) {
        return god_fail(err, GOD_E_DATA, "in: %s: a string is needed", name);
    }
    *ret = json_string_value(value);
    return GOD_OK;
}

god_status gdi_read_direction(const char *name, const json_t *value, uint32_t *ret, god_error *err)
{
    const char *word = NULL;
    GOD_TRY(gdi_read_text(name, value, &word, err));
    if (strcmp(word, "lower") == 0) {
        *ret = GOD_LOWER_WINS;
    } else if (strcmp(word, "higher") == 0) {
        *ret = GOD_HIGHER_WINS;
    } else {
        return god_fail(err, GOD_E_DATA, "in: %s is \"%.40s\", \"lower\" or \"higher\" is needed", name, word);
    }
    return GOD_OK;
}

god_status gdi_read_type(const json_t *in, uint32_t *ret_type, god_error *err)
{
    const char *name = NULL;
    GOD_TRY(god_json_get_str("in", in, "type", &name, err));
    *ret_type = gdi_type_from_name(name);
    if (*ret_type == 0) {
        return god_fail(err, GOD_E_DATA, "in: \"type\" is \"%.40s\", \"text\", \"image\" or \"environment\" is needed",
                        name);
    }
    return GOD_OK;
}

god_status gdi_read_time(const char *name, const json_t *value, int64_t *ret_us, god_error *err)
{
    const char *text = NULL;
    GOD_TRY(gdi_read_text(name, value, &text, err));
    if (!gdi_time_parse(text, ret_us)) {
        return god_fail(err, GOD_E_DATA, "in: %s is \"%.40s\", a time as 2026-06-18T14:00:00Z is needed", name, text);
    }
    return GOD_OK;
}

god_status gdi_read_row(const char *name, const json_t *row, size_t count, god_error *err)
{
    if (!json_is_array(row) || json_array_size(row) != count) {
        return god_fail(err, GOD_E_DATA, "in: %s: an array of %zu items is needed", name, count);
    }
    return GOD_OK;
}

god_status gdi_read_column(const json_t *in, const char *fields, const char *column, size_t *ret_place, god_error *err)
{
    json_t *names = NULL;
    GOD_TRY(god_json_get_array("in", in, fields, &names, err));
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (name != NULL && strcmp(name, column) == 0) {
            *ret_place = i;
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_DATA, "in: \"%s\" names no column \"%s\"", fields, column);
}

god_status gdi_names_add(gdi_vector *vector, gdi_names *names, const char *name, god_error *err)
{
    if (names->count == names->capacity) {
        uint32_t capacity = names->capacity == 0 ? 64 : names->capacity * 2;
        void *texts = NULL;
        if (names->count >= 4 * GDI_VECTOR_FIELD_MAX) {
            return god_fail(err, GOD_E_DATA, "in: more than %d hotkeys", 4 * GDI_VECTOR_FIELD_MAX);
        }
        GOD_TRY(gdi_vector_alloc(vector, capacity, sizeof *names->texts, &texts, err));
        if (names->count > 0) {
            memcpy(texts, names->texts, names->count * sizeof *names->texts);
        }
        names->texts = texts;
        names->capacity = capacity;
    }
    names->texts[names->count++] = name;
    return GOD_OK;
}

god_status gdi_names_add_array(gdi_vector *vector, gdi_names *names, const char *name, const json_t *array,
                               god_error *err)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *text = NULL;
        GOD_TRY(gdi_read_text(name, json_array_get(array, i), &text, err));
        GOD_TRY(gdi_names_add(vector, names, text, err));
    }
    return GOD_OK;
}

god_status gdi_names_add_keys(gdi_vector *vector, gdi_names *names, const json_t *object, god_error *err)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        GOD_TRY(gdi_names_add(vector, names, key, err));
    }
    return GOD_OK;
}

god_status gdi_read_scores(gdi_vector *vector, const gdi_roster *roster, const char *name, const json_t *object,
                           gdi_score **ret_scores, uint32_t *ret_count, god_error *err)
{
    if (!json_is_object(object)) {
        return god_fail(err, GOD_E_DATA, "in: %s: an object of hotkeys and values is needed", name);
    }
    void *room = NULL;
    GOD_TRY(gdi_vector_alloc(vector, json_object_size(object), sizeof(gdi_score), &room, err));
    gdi_score *scores = room;
    uint32_t count = 0;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        scores[count].entrant = gdi_roster_find(roster, key);
        if (scores[count].entrant == GDI_NOBODY) {
            return god_fail(err, GOD_E_DATA, "in: %s names \"%.60s\", who does not take part", name, key);
        }
        GOD_TRY(gdi_read_value(key, value, &scores[count].value, err));
        count++;
    }
    *ret_scores = scores;
    *ret_count = count;
    return GOD_OK;
}

void gdi_put(gdi_vector *vector, json_t *array, json_t *item)
{
    if (json_array_append_new(array, item) != 0) {
        vector->out_of_memory = 1;
    }
}

void gdi_set(gdi_vector *vector, json_t *object, const char *key, json_t *item)
{
    if (json_object_set_new(object, key, item) != 0) {
        vector->out_of_memory = 1;
    }
}

json_t *gdi_number(double value)
{
    return gdi_has_value(value) ? json_real(value) : json_null();
}

json_t *gdi_hotkeys(gdi_vector *vector, const gdi_roster *roster, const gdi_entrant *entrants, uint32_t count)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++) {
        gdi_put(vector, list, json_string(roster->hotkeys[entrants[i]]));
    }
    return list;
}

json_t *gdi_hotkey_values(gdi_vector *vector, const gdi_roster *roster, const double *values)
{
    json_t *object = json_object();
    for (gdi_entrant e = 0; e < roster->count; e++) {
        if (values[e] != 0) {
            gdi_set(vector, object, roster->hotkeys[e], gdi_number(values[e]));
        }
    }
    return object;
}
