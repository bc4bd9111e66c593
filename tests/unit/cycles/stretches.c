#include "stretches.h"

#include <stdio.h>

static void creation(stage *s)
{
    s->options.types_enabled = 1u << GDI_TEXT;
    stage_reopen(s);
    stage_miners(s, 9);
}

static void after_miners(stage *s)
{
    stage_miners(s, 9);
    (void)stage_create(s, GDI_TEXT);
    stage_answer(s, "ask_miners", stage_replies(s, 5));
    stage_accept_all(s, NULL);
    s->now_us += 30 * 60 * GDI_SECOND_US;
    stage_turn(s);
    stage_finish(s, "ask_miners", stage_replies(s, 9));
}

static void after_checks(stage *s)
{
    stage_miners(s, 9);
    (void)stage_create(s, GDI_TEXT);
    stage_answer(s, "ask_miners", stage_replies(s, 9));
    while (stage_open_jobs(s, "check_repository") > 0) {
        stage_finish(s, "check_repository", "{\"accepted\": true, \"source_digest\": null}");
    }
}

static void finish_round_one(stage *s)
{
    stage_miners(s, 8);
    (void)stage_activate(s, GDI_TEXT, 8);
    stage_sql(
        s, "INSERT INTO tournament_rounds (round_id, tournament_id, round_number, round_type, is_final_round, status, "
           "created_at) SELECT 'r1', tournament_id, 1, 'knockout', 0, 'completed', created_at FROM tournaments");
    stage_reopen(s);
}

static void gate(stage *s)
{
    finish_round_one(s);
    stage_turn(s);
    stage_finish(s, "review_duplicates", "{\"digests\": {\"5M00\": \"a\", \"5M01\": \"a\"}, \"verdicts\": []}");
}

static void approval(stage *s)
{
    god_error err = GOD_ERROR_INIT;
    char id[GDI_TOURNAMENT_ID_BYTES];
    finish_round_one(s);
    stage_turn(s);
    stage_answer(s, "review_duplicates", "{\"digests\": {\"5M00\": \"a\", \"5M01\": \"a\"}, \"verdicts\": []}");
    (void)snprintf(id, sizeof id, "%s", stage_text(s, "SELECT tournament_id FROM tournaments"));
    ck_assert_int_eq(gdi_operator_approve_review(s->cycles, id, NULL, s->now_us, &err), GOD_OK);
}

static void ending(stage *s)
{
    stage_miners(s, 8);
    (void)stage_activate(s, GDI_TEXT, 8);
    stage_sql(s, "UPDATE tournaments SET winner_hotkey = '5M03'");
    stage_reopen(s);
    stage_turn(s);
    stage_finish(s, "publish_repository", "{\"repository_url\": \"https://github.com/public/winner\"}");
}

static void periods(stage *s)
{
    s->options.weights_period_us = s->options.nodes_period_us = s->options.transfers_period_us = 0;
    s->options.collection_address = "5FEES";
    stage_reopen(s);
    stage_miners(s, 2);
    stage_turn(s);
    stage_finish(s, "refresh_nodes",
                 "{\"nodes\": [{\"hotkey\": \"5M00\", \"coldkey\": \"5C\", \"ip\": \"10.1.1.1\", \"port\": 1}]}");
    stage_finish(s, "read_transfers",
                 "{\"transfers\": [{\"id\": \"a\", \"from_ss58\": \"5C00\", \"to_ss58\": \"5FEES\", \"amount_rao\": 9, "
                 "\"timestamp\": \"2026-06-15T08:00:00Z\"}], \"timestamp\": \"2026-06-15T08:00:00Z\", \"block\": 3}");
    stage_finish(s, "set_weights", "{\"accepted\": false}");
    s->now_us += GDI_HOUR_US;
}

const stretch stretches[] = {
    {"creation", creation, 10},
    {"a pass with replies", after_miners, 15},
    {"fees and activation", after_checks, 50},
    {"the gate", gate, 12},
    {"an approval", approval, 12},
    {"the ending", ending, 10},
    {"periods", periods, 30},
    {NULL, NULL, 0},
};

char *stretch_play(stage *s, const stretch *work, const stretch_fault *fault)
{
    stage_empty(s);
    work->prepare(s);
    fault->begin(s, fault->user);
    (void)stage_try_turn(s);
    fault->end(s, fault->user);
    if (fault->kill) {
        stage_reopen(s);
    }
    stage_turn(s);
    return stage_dump(s);
}

void stretch_assert_same(const stretch *work, uint64_t fault, const char *whole, const char *dump)
{
    size_t at = 0;
    while (whole[at] == dump[at] && whole[at] != '\0') {
        at++;
    }
    if (whole[at] == dump[at]) {
        return;
    }
    while (at > 0 && whole[at - 1] != '\n') {
        at--;
    }
    ck_abort_msg("%s, fault %llu:\n%.300s\ninstead of\n%.300s", work->name, (unsigned long long)fault, dump + at,
                 whole + at);
}
