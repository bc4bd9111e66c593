/* tests/bench/tournament.c: how fast the rules play. Prints two tables; nothing is asserted.
 *
 *     tournaments of 32 challengers per second, by type: brackets, task draws, quality scores, advance, boss round,
 *     points, performance, allocation and shares of every round (values are random numbers)
 *     cost of one tournament against the number of entrants, also divided by n log2 n: that column must not grow
 *
 * usage: bench-tournament [SECONDS PER LINE, default 1]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/tournament/ids.h"
#include "play.h"

enum { field_max = 4096 };

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

typedef struct timing {
    double tournaments_per_s, rounds_mean, tasks_mean;
} timing;

/* Plays for about `seconds` of processor time. */
static timing measure(play *of, uint32_t type, uint32_t field_count, double seconds)
{
    uint64_t played = 0, rounds = 0, tasks = 0;
    double begin_s = now_s(), end_s = begin_s;
    do {
        char tournament_id[GDI_ID_BYTES];
        (void)gdi_tournament_id(played, 0, tournament_id, sizeof tournament_id);
        play_tournament(of, type, field_count, tournament_id);
        rounds += of->round_number;
        tasks += of->task_count;
        played++;
        end_s = now_s();
    } while (end_s - begin_s < seconds);
    return (timing){.tournaments_per_s = (double)played / (end_s - begin_s),
                    .rounds_mean = (double)rounds / (double)played,
                    .tasks_mean = (double)tasks / (double)played};
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 1.0;
    play of;
    play_init(&of, field_max);
    of.no_value_probability = 0.02;

    (void)printf("32 challengers, one core\n%-12s %14s %8s %8s\n", "type", "tournaments/s", "rounds", "tasks");
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        timing result = measure(&of, type, 32, seconds);
        (void)printf("%-12s %14.0f %8.1f %8.1f\n", gdi_type_name(type), result.tournaments_per_s, result.rounds_mean,
                     result.tasks_mean);
    }
    (void)printf("\ncost of one tournament\n%-12s %6s %12s %16s\n", "type", "n", "us", "ns / (n log2 n)");
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        for (uint32_t n = 64; n <= field_max; n *= 4) {
            double us = 1e6 / measure(&of, type, n, seconds / 4).tournaments_per_s;
            (void)printf("%-12s %6u %12.1f %16.1f\n", gdi_type_name(type), n, us, us * 1e3 / (n * log2(n)));
        }
    }
    play_fini(&of);
    return EXIT_SUCCESS;
}
