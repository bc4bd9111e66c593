/* component.h: the components of tokenizer.json, alone or as a "Sequence" of others. [any]
 *
 * Normalizers, pre-tokenizers, post-processors and decoders are written alike: an object with a "type", or one of type
 * "Sequence" that lists such objects under a key of its own. Sequences are flattened. */
#ifndef GDT_COMPONENT_H
#define GDT_COMPONENT_H

#include <jansson.h>

#include "god/error.h"

#define GDT_COMPONENT_DEPTH_MAX 8

typedef god_status gdt_component_visit(void *user, const char *where, const char *type, json_t *object, god_error *err);

/* Calls `visit` for the object, or, in their order, for the members of a Sequence under `list_key`. `where` names the
 * place for messages. GOD_E_DATA: sequences nested deeper than GDT_COMPONENT_DEPTH_MAX, or a missing member; what
 * `visit` returns otherwise ends the walk. */
god_status gdt_component_walk(const char *where, const char *list_key, json_t *object, gdt_component_visit *visit,
                              void *user, god_error *err);

#endif
