#include "step.h"

#include <stdlib.h>

#include "component.h"
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

typedef struct loading {
    gdt_steps *steps;
    gdt_step_load *load;
} loading;

static god_status load_step(void *user, const char *where, const char *type, json_t *object, god_error *err)
{
    const loading *self = user;
    gdt_steps *steps = self->steps;
    if (steps->count == GDT_STEPS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: there are more than GDT_STEPS_MAX (%d) steps", where, GDT_STEPS_MAX);
    }
    GOD_TRY(gdt_reserve((void **)&steps->items, &steps->capacity, steps->count + 1, sizeof(gdt_step), where, err));
    gdt_step *step = &steps->items[steps->count++];
    memset(step, 0, sizeof *step);
    return self->load(step, where, type, object, err);
}

god_status gdt_steps_load(gdt_steps *steps, const char *where, const char *list_key, json_t *object,
                          gdt_step_load *load, god_error *err)
{
    loading self = {.steps = steps, .load = load};
    return gdt_component_walk(where, list_key, object, load_step, &self, err);
}
