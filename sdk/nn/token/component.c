#include "component.h"

#include <stdio.h>
#include <string.h>

#include "god/helpers/json.h"

/* Room for the longest name of a component and an index at every depth. */
#define WHERE_BYTES (64 + (GDT_COMPONENT_DEPTH_MAX + 1) * 22)

typedef struct walk {
    const char *list_key;
    gdt_component_visit *visit;
    void *user;
    char where[WHERE_BYTES];
} walk;

static god_status go_down(walk *self, json_t *object, size_t depth, god_error *err)
{
    const char *type = NULL;
    json_t *list = NULL, *item;
    size_t i;
    const size_t length = strlen(self->where);
    GOD_TRY(god_json_get_str(self->where, object, "type", &type, err));
    if (strcmp(type, "Sequence") != 0) {
        return self->visit(self->user, self->where, type, object, err);
    }
    if (depth == GDT_COMPONENT_DEPTH_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: sequences are nested deeper than GDT_COMPONENT_DEPTH_MAX (%d)",
                        self->where, GDT_COMPONENT_DEPTH_MAX);
    }
    GOD_TRY(god_json_get_array(self->where, object, self->list_key, &list, err));
    json_array_foreach(list, i, item)
    {
        (void)snprintf(self->where + length, sizeof self->where - length, "[%zu]", i);
        GOD_TRY(go_down(self, item, depth + 1, err));
    }
    self->where[length] = '\0';
    return GOD_OK;
}

god_status gdt_component_walk(const char *where, const char *list_key, json_t *object, gdt_component_visit *visit,
                              void *user, god_error *err)
{
    walk self = {.list_key = list_key, .visit = visit, .user = user};
    (void)snprintf(self.where, sizeof self.where, "%s", where);
    return go_down(&self, object, 0, err);
}
