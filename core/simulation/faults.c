#include "core/simulation/faults.h"

#include <math.h>

#include "core/simulation/draw.h"

/* Statements until the next fault, exponential with the asked mean; at least a few, so that something gets done. */
static void draw_next(gdi_faults *faults)
{
    if (faults->per_1000_statements <= 0) {
        faults->next = UINT64_MAX;
        return;
    }
    double u = gdi_draw_unit(faults->seed, "statements to the next fault", "", faults->statements);
    double gap = -log(1.0 - u) * 1000.0 / faults->per_1000_statements;
    faults->next = faults->statements + 1 + (uint64_t)gap;
}

void gdi_faults_init(gdi_faults *faults, uint64_t seed, double per_1000_statements)
{
    *faults = (gdi_faults){.seed = seed, .per_1000_statements = per_1000_statements, .armed = true};
    draw_next(faults);
}

static god_status die(gdi_faults *faults, god_error *err)
{
    faults->is_hit = true;
    return god_fail(err, GOD_E_IO, "the simulated process was killed at statement %llu",
                    (unsigned long long)faults->statements);
}

god_status gdi_faults_before(void *user, const char *sql, god_error *err)
{
    gdi_faults *faults = user;
    (void)sql;
    if (!faults->armed) {
        return GOD_OK;
    }
    if (faults->is_dead) {
        return die(faults, err);
    }
    faults->statements++;
    bool kill = faults->statements == faults->kill_at;
    if (!kill && faults->statements < faults->next) {
        return GOD_OK;
    }
    if (!kill) {
        kill = gdi_draw(faults->seed, "kill", "", faults->statements) % 2 == 0;
        draw_next(faults);
    }
    if (kill) {
        faults->is_dead = true;
        faults->kills++;
        return die(faults, err);
    }
    faults->is_hit = true;
    faults->errors++;
    return god_fail(err, faults->errors % 2 == 0 ? GOD_E_TIMEOUT : GOD_E_IO,
                    "the simulated store failed at statement %llu", (unsigned long long)faults->statements);
}

void gdi_faults_revive(gdi_faults *faults)
{
    faults->is_dead = false;
    faults->is_hit = false;
}
