#include "step.h"

#include <stdlib.h>

#include "god/helpers/json.h"

void gdt_steps_fini(gdt_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        gdt_regex_free(steps->items[i].regex);
        if (steps->items[i].free_extra != NULL) {
            steps->items[i].free_extra(steps->items[i].extra);
        }
    }
    free(steps->items);
    memset(steps, 0, sizeof *steps);
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
