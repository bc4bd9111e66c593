#include "core/cli/tournament_show.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? otherwise : text;
}

void gdi_tournament_print_list(FILE *out, const json_t *tournaments)
{
    const json_t *t = NULL;
    size_t i = 0;
    if (json_array_size(tournaments) == 0) {
        (void)fprintf(out, "there are no such tournaments\n");
        return;
    }
    (void)fprintf(out, "%-32s  %-11s  %-9s  %8s  %6s  %-20s  %s\n", "id", "type", "status", "entrants", "rounds",
                  "created", "winner");
    json_array_foreach(tournaments, i, t)
    {
        (void)fprintf(out, "%-32s  %-11s  %-9s  %8lld  %6lld  %-20.19s  %s\n", text_of(t, "tournament_id", ""),
                      text_of(t, "tournament_type", ""), text_of(t, "status", ""),
                      (long long)json_integer_value(json_object_get(t, "participants")),
                      (long long)json_integer_value(json_object_get(t, "rounds")), text_of(t, "created_at", ""),
                      text_of(t, "winner_hotkey", "-"));
    }
}

static void print_score(FILE *out, const json_t *score, const char *winner)
{
    const char *hotkey = text_of(score, "hotkey", "");
    const json_t *loss = json_object_get(score, "test_loss");
    (void)fprintf(out, "      %c %-50s ", winner != NULL && strcmp(winner, hotkey) == 0 ? '*' : ' ', hotkey);
    if (json_is_number(loss)) {
        (void)fprintf(out, "%.6g", json_number_value(loss));
    } else {
        (void)fprintf(out, "-");
    }
    (void)fprintf(out, "  %s\n", text_of(score, "score_reason", ""));
}

static void print_round(FILE *out, const json_t *round)
{
    const json_t *task = NULL, *score = NULL;
    size_t i = 0, k = 0;
    (void)fprintf(out, "\nround %lld  %s%s  %s, %zu entrants\n",
                  (long long)json_integer_value(json_object_get(round, "round_number")),
                  text_of(round, "round_type", ""),
                  json_is_true(json_object_get(round, "is_final_round")) ? " (final)" : "",
                  text_of(round, "status", ""), json_array_size(json_object_get(round, "participants")));
    json_array_foreach(json_object_get(round, "tasks"), i, task)
    {
        const char *place = text_of(task, "pair_id", text_of(task, "group_id", ""));
        const char *number = strstr(place, "_pair_") != NULL ? strstr(place, "_pair_") : strstr(place, "_group_");
        (void)fprintf(out, "    %s  %s  %s\n", text_of(task, "task_id", ""), text_of(task, "task_type", ""),
                      number == NULL ? place : number + 1);
        json_array_foreach(json_object_get(task, "participant_scores"), k, score)
        {
            print_score(out, score, json_string_value(json_object_get(task, "winner")));
        }
    }
}

void gdi_tournament_print(FILE *out, const json_t *details)
{
    const json_t *item = NULL;
    size_t i = 0;
    (void)fprintf(out, "%s  %s, %s\n", text_of(details, "tournament_id", ""), text_of(details, "tournament_type", ""),
                  text_of(details, "status", ""));
    (void)fprintf(out, "champion before  %s\nwinner           %s\n", text_of(details, "base_winner_hotkey", "none"),
                  text_of(details, "winner_hotkey", "not decided"));
    (void)fprintf(out, "\nentrants\n");
    json_array_foreach(json_object_get(details, "participants"), i, item)
    {
        const char *out_in = text_of(item, "eliminated_in_round_id", NULL);
        const char *number = out_in == NULL ? NULL : strstr(out_in, "_round_");
        (void)fprintf(out, "    %-50s %s%s\n", text_of(item, "hotkey", ""), out_in == NULL ? "in" : "out in ",
                      number == NULL ? "" : number + 1);
    }
    json_array_foreach(json_object_get(details, "rounds"), i, item)
    {
        print_round(out, item);
    }
}
