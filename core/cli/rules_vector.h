/* core/cli/rules_vector.h: what the kinds of `god rules` share: memory for one vector, readers and writers. [one]
 *
 * A vector is {"id", "kind", "in", "out"}; a kind is a function from `in` to an answer that is compared with `out`. It
 * works in the memory of a gdi_vector, which is given back at once after the comparison, and reads `in` with the
 * readers below, so that a malformed vector ends in a sentence that names the field.
 */
#ifndef GDI_CLI_RULES_VECTOR_H
#define GDI_CLI_RULES_VECTOR_H

#include "core/cycles/task_kinds.h"
#include "core/tournament/entrant.h"
#include "core/tournament/roster.h"
#include "core/tournament/rules.h"
#include "god/helpers/json.h"

/* How vectors write the burn hotkey: as an entry, and as a node or a stored winner_hotkey. */
#define GDI_BOSS_ENTRY "BOSS"
#define GDI_BURN_NODE "BURN_HOTKEY"

enum { GDI_VECTOR_FIELD_MAX = 65536 }; /* entrants, nodes, places of one vector */

typedef struct gdi_vector_block gdi_vector_block;
typedef struct gdi_vector {
    const gdi_rules *rules;
    gdi_task_kinds *task_kinds; /* read when a kind asks for it; borrowed */
    gdi_vector_block *blocks;
    uint32_t out_of_memory; /* an answer could not be written; asked once, at the end */
} gdi_vector;

void gdi_vector_fini(gdi_vector *vector);
/* Zeroed room for `count` items, given back with the vector. count 0 is fine. */
god_status gdi_vector_alloc(gdi_vector *vector, size_t count, size_t item_bytes, void **ret_items, god_error *err);

/* A kind. *ret_out is owned by the caller; it may be NULL when vector->out_of_memory is set. */
typedef god_status gdi_vector_fn(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err);
typedef struct gdi_vector_kind {
    const char *name;
    gdi_vector_fn *answer;
    const char *sparse; /* member of `out` whose entries are 0 when absent; NULL: none */
} gdi_vector_kind;

/* The kinds by subject; each list ends with a NULL name. */
extern const gdi_vector_kind gdi_rules_bracket_kinds[];
extern const gdi_vector_kind gdi_rules_emission_kinds[];
extern const gdi_vector_kind gdi_rules_entry_kinds[];
extern const gdi_vector_kind gdi_rules_fee_kinds[];
extern const gdi_vector_kind gdi_rules_game_kinds[];
extern const gdi_vector_kind gdi_rules_result_kinds[];
extern const gdi_vector_kind gdi_rules_season_kinds[];
extern const gdi_vector_kind gdi_rules_size_kinds[];
extern const gdi_vector_kind gdi_rules_weight_kinds[];

/* ---- reading ---- */

/* Whole number from lowest to GDI_VECTOR_FIELD_MAX. */
god_status gdi_read_count(const json_t *in, const char *key, uint32_t lowest, uint32_t *ret, god_error *err);
/* A number, or null for "no valid result". `name` is used in the message. */
god_status gdi_read_value(const char *name, const json_t *value, double *ret, god_error *err);
/* The same for a member, which must be there. */
god_status gdi_read_member_value(const json_t *in, const char *key, double *ret, god_error *err);
god_status gdi_read_text(const char *name, const json_t *value, const char **ret, god_error *err);
god_status gdi_read_direction(const char *name, const json_t *value, uint32_t *ret, god_error *err);
god_status gdi_read_type(const json_t *in, uint32_t *ret_type, god_error *err); /* member "type" */
god_status gdi_read_time(const char *name, const json_t *value, int64_t *ret_us, god_error *err);
/* `row` is an array of exactly `count` items. */
god_status gdi_read_row(const char *name, const json_t *row, size_t count, god_error *err);
/* The place of a column in the list of names `fields`; GOD_E_DATA when it is not there. */
god_status gdi_read_column(const json_t *in, const char *fields, const char *column, size_t *ret_place, god_error *err);

/* ---- hotkeys ---- */

typedef struct gdi_names {
    const char **texts;
    uint32_t count, capacity;
} gdi_names;
god_status gdi_names_add(gdi_vector *vector, gdi_names *names, const char *name, god_error *err);
god_status gdi_names_add_array(gdi_vector *vector, gdi_names *names, const char *name, const json_t *array,
                               god_error *err);
god_status gdi_names_add_keys(gdi_vector *vector, gdi_names *names, const json_t *object, god_error *err);
/* {hotkey: value or null} as scores; the hotkeys are in the roster. *ret_scores has one entry per member. */
god_status gdi_read_scores(gdi_vector *vector, const gdi_roster *roster, const char *name, const json_t *object,
                           gdi_score **ret_scores, uint32_t *ret_count, god_error *err);

/* ---- writing: a failure sets vector->out_of_memory ---- */

void gdi_put(gdi_vector *vector, json_t *array, json_t *item);                   /* takes the item */
void gdi_set(gdi_vector *vector, json_t *object, const char *key, json_t *item); /* takes the item */
json_t *gdi_number(double value);                                                /* null when it is no value */
json_t *gdi_hotkeys(gdi_vector *vector, const gdi_roster *roster, const gdi_entrant *entrants, uint32_t count);
/* {hotkey: value} of the entrants whose value is not 0, ascending. */
json_t *gdi_hotkey_values(gdi_vector *vector, const gdi_roster *roster, const double *values);

#endif
