/* core/cycles/ending.c: from the decision to `completed`. Source: section 18.
 *
 *     winner_hotkey set ──► model of the winner, benchmark copies, publication, difference, report ──► told, completed
 *
 * Each part first looks whether it is done, and is repeated until it is; parts that are jobs run side by side.
 */
#include "core/cycles/ending.h"

static god_status read_ending(gdi_step *step, gdi_ending *ending, god_error *err)
{
    const gdi_tournament *t = &step->tournament;
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_STEP_QUERY(step, &rows, err,
                           "SELECT t.winner_model_repo, t.winning_performance_difference, t.diff_report, r.round_id, "
                           "r.round_number FROM tournaments t LEFT JOIN tournament_rounds r ON r.tournament_id = "
                           "t.tournament_id AND r.is_final_round WHERE t.tournament_id = $1",
                           gdi_text(t->id)));
    if (!gdi_rows_next(rows)) {
        return god_fail(err, GOD_E_NOT_FOUND, "tournament %s is gone", t->id);
    }
    *ending = (gdi_ending){.winner = t->winner_hotkey,
                           .is_defence = strcmp(t->winner_hotkey, step->options->burn_hotkey) == 0,
                           .has_model = !gdi_rows_is_null(rows, 0),
                           .has_difference = !gdi_rows_is_null(rows, 1),
                           .diff_report = gdi_rows_text(rows, 2),
                           .final_round_id = gdi_rows_text(rows, 3),
                           .final_round_number = (uint32_t)gdi_rows_int(rows, 4)};
    return GOD_OK;
}

/* As much of a text as fits, in whole UTF-8 characters. */
static int cut(const char *text, size_t bytes_max)
{
    size_t bytes = strnlen(text, bytes_max + 1);
    if (bytes > bytes_max) {
        bytes = bytes_max;
        while (bytes > 0 && ((unsigned char)text[bytes] & 0xc0) == 0x80) {
            bytes--;
        }
    }
    return (int)bytes;
}

static god_status tell(gdi_step *step, const gdi_ending *ending, god_error *err)
{
    enum { report_bytes_max = 1500 }; /* a message of a chat service holds 2000 */
    const gdi_tournament *t = &step->tournament;
    const char *event = NULL, *report = ending->diff_report == NULL ? "" : ending->diff_report;
    GOD_TRY(gdi_step_format(step, &event, err, "%s/completed", t->id));
    return gdi_step_notify(step, event, err, "%s tournament %s is completed, the winner is %s%s%s%.*s",
                           gdi_type_name(t->type), t->id, ending->winner,
                           ending->is_defence ? ", who defended the title" : "", report[0] == '\0' ? "" : "\n\n",
                           cut(report, report_bytes_max), report);
}

static god_status complete(gdi_step *step, const gdi_ending *ending, god_error *err)
{
    bool moved = false;
    GOD_TRY(gdi_tournament_move_in(step->db, step->tournament.id, GDI_TOURNAMENT_ACTIVE, GDI_TOURNAMENT_COMPLETED,
                                   step->now_us, &moved, err));
    if (!moved) {
        return GOD_OK;
    }
    GOD_TRY(tell(step, ending, err));
    gdi_step_log(step, GOD_LOG_INFO, "the tournament is completed", "winner", ending->winner);
    step->changed = true;
    gdi_step_raise(step, GDI_ON_COMPLETED);
    return GOD_OK;
}

god_status gdi_step_ending(gdi_step *step, god_error *err)
{
    static god_status (*const parts[])(gdi_step * step, gdi_ending * ending, god_error * err) = {
        gdi_ending_model, gdi_ending_benchmarks, gdi_ending_publish, gdi_ending_difference, gdi_ending_report};
    gdi_ending ending;
    if (step->tournament.winner_hotkey[0] == '\0') {
        return GOD_OK;
    }
    GOD_TRY(read_ending(step, &ending, err));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        GOD_TRY(parts[i](step, &ending, err));
    }
    return ending.is_open || step->options->auto_complete == 0 ? GOD_OK : complete(step, &ending, err);
}
