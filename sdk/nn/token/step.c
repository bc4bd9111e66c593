#include "step.h"

#include <stdlib.h>

#include "god/helpers/json.h"
#include "utf8.h"

void gdt_steps_fini(gdt_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        gdt_regex_free(steps->items[i].regex);
        free(steps->items[i].text);
        if (steps->items[i].free_extra != NULL) {
            steps->items[i].free_extra(steps->items[i].extra);
        }
    }
    free(steps->items);
    memset(steps, 0, sizeof *steps);
}

god_status gdt_load_text(const char *where, json_t *object, const char *key, char **ret_text, god_error *err)
{
    const char *text = NULL;
    GOD_TRY(god_json_get_str(where, object, key, &text, err));
    if (strlen(text) > GDT_STEP_TEXT_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" has %zu bytes, GDT_STEP_TEXT_BYTES_MAX is %d", where, key,
                        strlen(text), GDT_STEP_TEXT_BYTES_MAX);
    }
    *ret_text = strdup(text);
    return *ret_text != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
}

god_status gdt_load_character(const char *where, json_t *object, const char *key, uint32_t *ret_code, god_error *err)
{
    const char *text = NULL;
    GOD_TRY(god_json_get_str(where, object, key, &text, err));
    if (*text == '\0' || text[gdt_utf8_decode(text, ret_code)] != '\0') {
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" is \"%.40s\", one character is needed", where, key, text);
    }
    return GOD_OK;
}

god_status gdt_load_pattern(const char *where, json_t *object, gdt_regex **ret_regex, god_error *err)
{
    json_t *pattern = NULL;
    const char *text = NULL;
    GOD_TRY(god_json_get_object(where, object, "pattern", &pattern, err));
    GOD_TRY(god_json_opt_str(where, pattern, "Regex", &text, err));
    if (text != NULL) {
        return gdt_regex_compile(where, text, strlen(text), ret_regex, err);
    }
    GOD_TRY(god_json_opt_str(where, pattern, "String", &text, err));
    if (text != NULL) {
        return gdt_regex_compile_literal(where, text, strlen(text), ret_regex, err);
    }
    return god_fail(err, GOD_E_DATA, "%s: \"pattern\" has neither \"Regex\" nor \"String\"", where);
}

god_status gdt_steps_run(const gdt_steps *steps, gdt_work *work, god_error *err)
{
    for (size_t i = 0; i < steps->count; i++) {
        GOD_TRY(steps->items[i].run(&steps->items[i], work, err));
    }
    return GOD_OK;
}

static god_status load_list(gdt_steps *steps, const char *where, const char *list_key, json_t *list, size_t depth,
                            gdt_step_load *load, god_error *err)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        char here[256];
        (void)snprintf(here, sizeof here, "%s[%zu]", where, i);
        GOD_TRY(gdt_steps_load(steps, here, list_key, item, depth + 1, load, err));
    }
    return GOD_OK;
}

god_status gdt_steps_load(gdt_steps *steps, const char *where, const char *list_key, json_t *object, size_t depth,
                          gdt_step_load *load, god_error *err)
{
    const char *type = NULL;
    if (depth > GDT_STEP_DEPTH_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: sequences are nested deeper than GDT_STEP_DEPTH_MAX (%d)", where,
                        GDT_STEP_DEPTH_MAX);
    }
    GOD_TRY(god_json_get_str(where, object, "type", &type, err));
    if (strcmp(type, "Sequence") == 0) {
        json_t *list = NULL;
        GOD_TRY(god_json_get_array(where, object, list_key, &list, err));
        return load_list(steps, where, list_key, list, depth, load, err);
    }
    if (steps->count == GDT_STEPS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: there are more than GDT_STEPS_MAX (%d) steps", where, GDT_STEPS_MAX);
    }
    GOD_TRY(gdt_reserve((void **)&steps->items, &steps->capacity, steps->count + 1, sizeof(gdt_step), where, err));
    gdt_step *step = &steps->items[steps->count++];
    memset(step, 0, sizeof *step);
    return load(step, where, type, object, err);
}
