/* Fields, groups, pairs and what follows a round. */
#include "suites.h"

#include <string.h>

#include "core/tournament/assignment.h"
#include "core/tournament/next_round.h"

enum { field_max = 4200 };

static gdi_rules rules;
static gdi_entrant entrants[field_max + 2];
static gdi_slot slots[field_max + 2];

static void set_up(void)
{
    gdi_rules_default(&rules);
}

/* A field of 0 .. count - 1 in reverse order, the boss not in it. */
static gdi_bracket field_of(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        entrants[i] = count - 1 - i;
    }
    return (gdi_bracket){.entrants = entrants, .slots = slots, .entrant_count = count};
}

/* Slots cover the field without gap or overlap, and everybody from 0 to count - 1 stands in it once. */
static void assert_whole(const gdi_bracket *bracket, uint32_t count)
{
    static uint32_t seen[field_max + 2];
    memset(seen, 0, sizeof seen);
    uint32_t covered = 0;
    for (uint32_t s = 0; s < bracket->slot_count; s++) {
        covered += bracket->slots[s].count;
        for (uint32_t i = 0; i < bracket->slots[s].count; i++) {
            seen[bracket->entrants[bracket->slots[s].first + i]]++;
        }
    }
    ck_assert_uint_eq(covered, bracket->entrant_count);
    uint32_t wrong = 0;
    for (uint32_t e = 0; e < count; e++) {
        wrong += seen[e] != 1;
    }
    ck_assert_uint_eq(wrong, 0);
}

START_TEST(test_tournament_bracket__keeps_every_entrant_once)
{
    for (uint32_t n = 1; n <= 4096; n += n < 200 ? 1 : 97) {
        gdi_stream stream;
        gdi_stream_open(&stream, "round", "bracket");
        gdi_bracket bracket = field_of(n);
        gdi_bracket_organise(&rules, n, &stream, &bracket);
        assert_whole(&bracket, n);
        ck_assert_uint_eq(bracket.entrant_count, n <= 14 && n % 2 == 1 ? n + 1 : n);
        ck_assert_uint_eq(bracket.round_type, n <= 14 ? GDI_ROUND_KNOCKOUT : GDI_ROUND_GROUP);
        for (uint32_t s = 0; s < bracket.slot_count; s++) {
            uint32_t size = bracket.slots[s].count;
            ck_assert_uint_eq(n <= 14 ? size : 2, 2);
            ck_assert(n < 40 || (size >= 20 && size <= 40));
        }
        ck_assert(!bracket.is_final);

        bracket = field_of(n);
        gdi_bracket_organise_environment(&rules, &stream, &bracket);
        assert_whole(&bracket, n);
        for (uint32_t s = 0; s < bracket.slot_count; s++) {
            ck_assert(n == 1 || (bracket.slots[s].count >= 2 && bracket.slots[s].count <= 6));
            ck_assert(s == 0 || bracket.slots[s - 1].count >= bracket.slots[s].count);
        }
    }
}
END_TEST

START_TEST(test_tournament_bracket__does_not_depend_on_the_order_of_the_field)
{
    for (uint32_t n = 1; n < 200; n += 7) {
        gdi_entrant first[256];
        gdi_slot first_slots[256];
        gdi_stream stream;
        gdi_stream_open(&stream, "round", "bracket");
        gdi_bracket bracket = field_of(n);
        gdi_bracket_organise(&rules, n, &stream, &bracket);
        memcpy(first, entrants, bracket.entrant_count * sizeof *first);
        memcpy(first_slots, slots, bracket.slot_count * sizeof *first_slots);

        (void)field_of(n);
        gdi_stream other;
        gdi_stream_open(&other, "another", "order");
        gdi_stream_shuffle(&other, entrants, n);
        gdi_stream_open(&stream, "round", "bracket");
        gdi_bracket again = {.entrants = entrants, .slots = slots, .entrant_count = n};
        gdi_bracket_organise(&rules, n, &stream, &again);
        ck_assert_mem_eq(first, entrants, again.entrant_count * sizeof *first);
        ck_assert_mem_eq(first_slots, slots, again.slot_count * sizeof *first_slots);
    }
}
END_TEST

START_TEST(test_tournament_bracket__odd_knockout_takes_the_boss_out_when_it_is_in)
{
    gdi_stream stream;
    gdi_stream_open(&stream, "round", "bracket");
    gdi_bracket bracket = field_of(7);
    gdi_bracket_organise(&rules, 3, &stream, &bracket);
    ck_assert_uint_eq(bracket.entrant_count, 6);
    for (uint32_t i = 0; i < 6; i++) {
        ck_assert_uint_ne(bracket.entrants[i], 3);
    }
}
END_TEST

START_TEST(test_tournament_bracket__group_sizes_of_the_table)
{
    static const struct {
        uint32_t n, groups, largest, smallest;
    } rows[] = {{15, 1, 15, 15}, {39, 1, 39, 39}, {40, 2, 20, 20}, {64, 2, 32, 32},
                {65, 3, 22, 21}, {96, 3, 32, 32}, {97, 4, 25, 24}, {128, 4, 32, 32}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_uint_eq(gdi_group_count(&rules, rows[i].n), rows[i].groups);
        ck_assert_uint_eq(gdi_group_size(rows[i].n, rows[i].groups, 0), rows[i].largest);
        ck_assert_uint_eq(gdi_group_size(rows[i].n, rows[i].groups, rows[i].groups - 1), rows[i].smallest);
    }
}
END_TEST

/* The field after a round of text with these winners; the boss is 9. */
static uint32_t next_of(uint32_t type, gdi_entrant *field, uint32_t *count)
{
    return gdi_next_field(type, 9, field, count);
}

START_TEST(test_tournament_next_round__text_table)
{
    gdi_entrant one[4] = {5}, with_boss[4] = {9, 5}, odd[5] = {7, 5, 6}, odd_boss[4] = {7, 9, 6}, even[4] = {4, 3};
    gdi_entrant four[6] = {1, 9, 2, 3}, alone[2] = {9}, none[1] = {0};
    uint32_t count = 1;
    ck_assert_uint_eq(next_of(GDI_TEXT, one, &count), GDI_NEXT_FINAL);
    ck_assert(count == 2 && one[0] == 5 && one[1] == 9);
    count = 2;
    ck_assert_uint_eq(next_of(GDI_IMAGE, with_boss, &count), GDI_NEXT_FINAL);
    ck_assert(count == 2 && with_boss[0] == 5 && with_boss[1] == 9);
    count = 3;
    ck_assert_uint_eq(next_of(GDI_TEXT, odd, &count), GDI_NEXT_ORGANISE);
    ck_assert(count == 4 && odd[0] == 7 && odd[3] == 9);
    count = 3;
    ck_assert_uint_eq(next_of(GDI_TEXT, odd_boss, &count), GDI_NEXT_ORGANISE);
    ck_assert(count == 2 && odd_boss[0] == 7 && odd_boss[1] == 6);
    count = 2;
    ck_assert_uint_eq(next_of(GDI_TEXT, even, &count), GDI_NEXT_ORGANISE);
    ck_assert(count == 2 && even[0] == 4 && even[1] == 3);
    count = 4;
    ck_assert_uint_eq(next_of(GDI_TEXT, four, &count), GDI_NEXT_ORGANISE);
    ck_assert(count == 4 && four[1] == 9);
    count = 1;
    ck_assert_uint_eq(next_of(GDI_TEXT, alone, &count), GDI_NEXT_BOSS_RETAINS);
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_eq(next_of(GDI_TEXT, none, &count), GDI_NEXT_BOSS_RETAINS);
}
END_TEST

START_TEST(test_tournament_next_round__environment_always_has_the_boss)
{
    gdi_entrant one[3] = {5}, two[4] = {5, 4}, none[2] = {0}, with_boss[4] = {9, 5, 4};
    uint32_t count = 1;
    ck_assert_uint_eq(next_of(GDI_ENVIRONMENT, one, &count), GDI_NEXT_FINAL);
    ck_assert(count == 2 && one[1] == 9);
    count = 2;
    ck_assert_uint_eq(next_of(GDI_ENVIRONMENT, two, &count), GDI_NEXT_ORGANISE);
    ck_assert(count == 3 && two[2] == 9);
    count = 0;
    ck_assert_uint_eq(next_of(GDI_ENVIRONMENT, none, &count), GDI_NEXT_BOSS_RETAINS);
    count = 3;
    ck_assert_uint_eq(next_of(GDI_ENVIRONMENT, with_boss, &count), GDI_NEXT_ORGANISE);
    ck_assert(count == 3 && with_boss[0] == 5 && with_boss[2] == 9);
}
END_TEST

START_TEST(test_tournament_next_round__drops_who_left_the_network)
{
    gdi_entrant field[4] = {3, 9, 1, 2};
    bool has_node[10] = {[1] = true, [3] = true};
    ck_assert_uint_eq(gdi_drop_without_node(9, has_node, field, 4), 3);
    ck_assert(field[0] == 3 && field[1] == 9 && field[2] == 1);
}
END_TEST

START_TEST(test_tournament_next_round__first_round_without_anybody_is_none)
{
    gdi_stream stream;
    gdi_stream_open(&stream, "round", "bracket");
    gdi_bracket bracket = field_of(0);
    ck_assert_uint_eq(gdi_first_round(&rules, GDI_TEXT, 5, &stream, &bracket), GDI_NEXT_BOSS_RETAINS);
    ck_assert_uint_eq(bracket.slot_count, 0);
    bracket = field_of(1);
    ck_assert_uint_eq(gdi_first_round(&rules, GDI_IMAGE, 5, &stream, &bracket), GDI_NEXT_ORGANISE);
    ck_assert(bracket.entrant_count == 2 && bracket.slot_count == 1 && !bracket.is_final);
    bracket = field_of(1);
    ck_assert_uint_eq(gdi_first_round(&rules, GDI_ENVIRONMENT, 5, &stream, &bracket), GDI_NEXT_ORGANISE);
    ck_assert(bracket.entrant_count == 1 && bracket.slot_count == 1);
}
END_TEST

START_TEST(test_tournament_next_round__environment_round_one_group_may_hold_seven)
{
    gdi_stream stream;
    gdi_stream_open(&stream, "round", "bracket");
    gdi_bracket bracket = field_of(12);
    (void)gdi_first_round(&rules, GDI_ENVIRONMENT, 12, &stream, &bracket);
    gdi_entrant members[8];
    ck_assert_uint_eq(gdi_assign(GDI_ENVIRONMENT, 12, &bracket, 0, members), 7);
    ck_assert_uint_eq(members[6], 12);
    ck_assert_uint_eq(gdi_assign(GDI_ENVIRONMENT, 12, &bracket, 1, members), 6);
    ck_assert_uint_eq(gdi_assign(GDI_TEXT, 12, &bracket, 0, members), 6);
}
END_TEST

START_TEST(test_tournament_assignment__boss_in_another_group_stays_there)
{
    gdi_stream stream;
    gdi_stream_open(&stream, "round", "bracket");
    gdi_bracket bracket = field_of(13); /* the boss, 12, is part of the draw from round 2 on */
    (void)gdi_next_round(&rules, GDI_ENVIRONMENT, 12, &stream, &bracket);
    uint32_t total = 0, with_boss = 0;
    for (uint32_t s = 0; s < bracket.slot_count; s++) {
        gdi_entrant members[8];
        uint32_t count = gdi_assign(GDI_ENVIRONMENT, 12, &bracket, s, members);
        ck_assert_uint_le(count, 6);
        for (uint32_t i = 0; i < count; i++) {
            with_boss += members[i] == 12;
        }
        total += count;
    }
    ck_assert(total == 13 && with_boss == 1);
}
END_TEST

START_TEST(test_tournament_assignment__final_has_both)
{
    gdi_bracket bracket = field_of(2);
    gdi_bracket_final(GDI_TEXT, &bracket);
    ck_assert(bracket.is_final && bracket.round_type == GDI_ROUND_KNOCKOUT && bracket.slot_count == 1);
    gdi_entrant members[4];
    ck_assert_uint_eq(gdi_assign(GDI_TEXT, 1, &bracket, 0, members), 2);
    ck_assert_uint_eq(gdi_assign(GDI_TEXT, 7, &bracket, 0, members), 3);
    gdi_bracket_final(GDI_ENVIRONMENT, &bracket);
    ck_assert_uint_eq(bracket.round_type, GDI_ROUND_GROUP);
}
END_TEST

Suite *suite_tournament_brackets(void)
{
    Suite *suite = suite_create("tournament_brackets");
    TCase *tcase = tcase_create("brackets");
    tcase_add_unchecked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, test_tournament_bracket__keeps_every_entrant_once);
    tcase_add_test(tcase, test_tournament_bracket__does_not_depend_on_the_order_of_the_field);
    tcase_add_test(tcase, test_tournament_bracket__odd_knockout_takes_the_boss_out_when_it_is_in);
    tcase_add_test(tcase, test_tournament_bracket__group_sizes_of_the_table);
    tcase_add_test(tcase, test_tournament_next_round__text_table);
    tcase_add_test(tcase, test_tournament_next_round__environment_always_has_the_boss);
    tcase_add_test(tcase, test_tournament_next_round__drops_who_left_the_network);
    tcase_add_test(tcase, test_tournament_next_round__first_round_without_anybody_is_none);
    tcase_add_test(tcase, test_tournament_next_round__environment_round_one_group_may_hold_seven);
    tcase_add_test(tcase, test_tournament_assignment__boss_in_another_group_stays_there);
    tcase_add_test(tcase, test_tournament_assignment__final_has_both);
    suite_add_tcase(suite, tcase);
    return suite;
}
