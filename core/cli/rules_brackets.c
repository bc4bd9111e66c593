/* core/cli/rules_brackets.c: vectors about fields, groups and pairs. */
#include "core/cli/rules_vector.h"
#include "core/tournament/assignment.h"
#include "core/tournament/bracket.h"
#include "core/tournament/next_round.h"
#include "core/tournament/task_mix.h"

static json_t *sizes_of(gdi_vector *vector, uint32_t count, uint32_t group_count)
{
    json_t *sizes = json_array();
    for (uint32_t i = 0; i < group_count; i++) {
        gdi_put(vector, sizes, json_integer(gdi_group_size(count, group_count, i)));
    }
    return sizes;
}

static god_status group_sizes_text_image(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    uint32_t n = 0;
    GOD_TRY(gdi_read_count(in, "n", 1, &n, err));
    *ret_out = sizes_of(vector, n, gdi_group_count(vector->rules, n));
    return GOD_OK;
}

static god_status group_sizes_environment(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    uint32_t n = 0;
    GOD_TRY(gdi_read_count(in, "n", 1, &n, err));
    *ret_out = sizes_of(vector, n, gdi_environment_group_count(vector->rules, n));
    return GOD_OK;
}

/* A field of `count` entrants numbered from 0, and the boss after them. */
static god_status make_bracket(gdi_vector *vector, uint32_t count, gdi_bracket *ret_bracket, god_error *err)
{
    void *entrants = NULL, *slots = NULL;
    size_t cap = GDI_BRACKET_CAP(count) + 1;
    GOD_TRY(gdi_vector_alloc(vector, cap, sizeof(gdi_entrant), &entrants, err));
    GOD_TRY(gdi_vector_alloc(vector, cap, sizeof(gdi_slot), &slots, err));
    *ret_bracket = (gdi_bracket){.entrants = entrants, .slots = slots, .entrant_count = count};
    for (uint32_t e = 0; e < count; e++) {
        ret_bracket->entrants[e] = e;
    }
    return GOD_OK;
}

/* Who goes on when nobody's value matters: the first 8 of a group stage, one of each pair. In place. */
static void advance_by_shape(const gdi_rules *rules, gdi_entrant boss, bool boss_wins, gdi_bracket *bracket)
{
    if (bracket->round_type == GDI_ROUND_GROUP) {
        uint32_t limit = rules->group_advance_count;
        bracket->entrant_count = bracket->entrant_count < limit ? bracket->entrant_count : limit;
        return;
    }
    for (uint32_t p = 0; p < bracket->slot_count; p++) {
        gdi_entrant first = bracket->entrants[2 * p], second = bracket->entrants[2 * p + 1];
        bool second_goes_on = boss_wins ? second == boss : first == boss;
        bracket->entrants[p] = second_goes_on ? second : first;
    }
    bracket->entrant_count = bracket->slot_count;
}

static json_t *shape_of(gdi_vector *vector, const gdi_bracket *bracket)
{
    json_t *shape = json_array();
    bool group = bracket->round_type == GDI_ROUND_GROUP;
    gdi_put(vector, shape, json_string(group ? "group" : "knockout"));
    if (group) {
        gdi_put(vector, shape, sizes_of(vector, bracket->entrant_count, bracket->slot_count));
    } else {
        gdi_put(vector, shape, json_integer(bracket->slot_count));
        gdi_put(vector, shape, json_boolean(bracket->is_final));
    }
    return shape;
}

static god_status bracket_shape(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    uint32_t n = 0, boss_wins = 0;
    GOD_TRY(gdi_read_count(in, "n", 1, &n, err));
    GOD_TRY(god_json_get_bool("in", in, "boss_wins_every_non_final_match", &boss_wins, err));
    gdi_bracket bracket;
    GOD_TRY(make_bracket(vector, n, &bracket, err));
    const gdi_entrant boss = n;
    gdi_stream stream;
    gdi_stream_open(&stream, "shape", "bracket");
    json_t *rounds = json_array();
    uint32_t next = gdi_first_round(vector->rules, GDI_TEXT, boss, &stream, &bracket);
    while (next == GDI_NEXT_ORGANISE) {
        gdi_put(vector, rounds, shape_of(vector, &bracket));
        advance_by_shape(vector->rules, boss, boss_wins != 0, &bracket);
        next = gdi_next_round(vector->rules, GDI_TEXT, boss, &stream, &bracket);
    }
    if (next == GDI_NEXT_FINAL) {
        gdi_put(vector, rounds, shape_of(vector, &bracket));
    }
    *ret_out = rounds;
    return GOD_OK;
}

/* One entrant of each group goes on, never the boss. In place. */
static void advance_one_per_group(gdi_entrant boss, gdi_bracket *bracket)
{
    for (uint32_t g = 0; g < bracket->slot_count; g++) {
        uint32_t first = bracket->slots[g].first;
        bracket->entrants[g] =
            bracket->entrants[first] != boss ? bracket->entrants[first] : bracket->entrants[first + 1];
    }
    bracket->entrant_count = bracket->slot_count;
}

static json_t *environment_shape_of(gdi_vector *vector, const gdi_bracket *bracket, uint32_t round_number,
                                    uint32_t supported)
{
    json_t *shape = json_array();
    uint32_t final_tasks = gdi_rules_of(vector->rules, GDI_ENVIRONMENT)->final_task_count;
    gdi_put(vector, shape, sizes_of(vector, bracket->entrant_count, bracket->slot_count));
    gdi_put(vector, shape, json_integer(gdi_environment_count(vector->rules, round_number, supported)));
    gdi_put(vector, shape, json_integer(bracket->is_final ? final_tasks : bracket->slot_count));
    gdi_put(vector, shape, json_boolean(bracket->is_final));
    return shape;
}

static god_status environment_shape(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    uint32_t n = 0, supported = 0, round_number = 1;
    GOD_TRY(gdi_read_count(in, "n", 1, &n, err));
    GOD_TRY(gdi_read_count(in, "supported_envs", 1, &supported, err));
    gdi_bracket bracket;
    GOD_TRY(make_bracket(vector, n, &bracket, err));
    const gdi_entrant boss = n;
    gdi_stream stream;
    gdi_stream_open(&stream, "shape", "bracket");
    json_t *rounds = json_array();
    uint32_t next = gdi_first_round(vector->rules, GDI_ENVIRONMENT, boss, &stream, &bracket);
    for (; next == GDI_NEXT_ORGANISE; round_number++) {
        gdi_put(vector, rounds, environment_shape_of(vector, &bracket, round_number, supported));
        advance_one_per_group(boss, &bracket);
        next = gdi_next_round(vector->rules, GDI_ENVIRONMENT, boss, &stream, &bracket);
    }
    if (next == GDI_NEXT_FINAL) {
        gdi_put(vector, rounds, environment_shape_of(vector, &bracket, round_number, supported));
    }
    *ret_out = rounds;
    return GOD_OK;
}

/* The roster of the entrants and the boss, and the bracket over the entrants alone. */
static god_status read_field(gdi_vector *vector, const json_t *in, gdi_roster *ret_roster, gdi_bracket *ret_bracket,
                             god_error *err)
{
    json_t *entrants = NULL;
    gdi_names names = {0};
    GOD_TRY(god_json_get_array("in", in, "entrants", &entrants, err));
    GOD_TRY(gdi_names_add_array(vector, &names, "entrants", entrants, err));
    GOD_TRY(gdi_names_add(vector, &names, GDI_BOSS_ENTRY, err));
    gdi_roster_init(names.texts, names.count, GDI_BOSS_ENTRY, ret_roster);
    uint32_t count = (uint32_t)json_array_size(entrants);
    if (count == 0) {
        return god_fail(err, GOD_E_DATA, "in: \"entrants\" is empty");
    }
    GOD_TRY(make_bracket(vector, count, ret_bracket, err));
    bool has_boss = false;
    for (uint32_t i = 0; i < count; i++) {
        gdi_entrant entrant = gdi_roster_find(ret_roster, json_string_value(json_array_get(entrants, i)));
        ret_bracket->entrants[i] = entrant;
        has_boss |= entrant == ret_roster->boss;
    }
    if (ret_roster->count != count + !has_boss) {
        return god_fail(err, GOD_E_DATA, "in: \"entrants\" names a hotkey twice");
    }
    return GOD_OK;
}

static god_status bracket_draw(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    uint32_t type = 0;
    const char *round_id = NULL;
    gdi_roster roster;
    gdi_bracket bracket;
    GOD_TRY(gdi_read_type(in, &type, err));
    GOD_TRY(god_json_get_str("in", in, "round_id", &round_id, err));
    GOD_TRY(read_field(vector, in, &roster, &bracket, err));
    gdi_stream stream;
    gdi_stream_open(&stream, round_id, "bracket");
    (void)gdi_first_round(vector->rules, type, roster.boss, &stream, &bracket);
    json_t *slots = json_array();
    for (uint32_t i = 0; i < bracket.slot_count; i++) {
        gdi_slot slot = bracket.slots[i];
        gdi_put(vector, slots, gdi_hotkeys(vector, &roster, bracket.entrants + slot.first, slot.count));
    }
    *ret_out = slots;
    return GOD_OK;
}

const gdi_vector_kind gdi_rules_bracket_kinds[] = {
    {.name = "bracket_draw", .answer = bracket_draw},
    {.name = "bracket_shape", .answer = bracket_shape},
    {.name = "environment_shape", .answer = environment_shape},
    {.name = "group_sizes_environment", .answer = group_sizes_environment},
    {.name = "group_sizes_text_image", .answer = group_sizes_text_image},
    {.name = NULL},
};
