#include "core/host/turn_lease.h"

#include <unistd.h>

#include "core/base/clock.h"

static const char lease_name[] = "cycles";

enum { lease_ms = 60 * 1000, renew_ms = 20 * 1000, look_ms = 10 * 1000 };

void gdi_host_place(const gdi_config *config, char ret_place[GDI_PLACE_BYTES])
{
    char host[64] = "host";
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(ret_place, GDI_PLACE_BYTES, "%s:%.300s#", host, config->paths_state_dir);
}

void gdi_turn_lease_init(gdi_turn_lease *lease, const gdi_config *config, const gdi_log *log, gdi_db *db)
{
    *lease = (gdi_turn_lease){.db = db, .log = log};
    gdi_host_place(config, lease->place);
    (void)snprintf(lease->owner, sizeof lease->owner, "%s%ld", lease->place, (long)getpid());
}

static god_status renew(gdi_turn_lease *l, int64_t now_us, god_error *err)
{
    god_status status = gdi_lease_renew(l->db, &l->lease, now_us, lease_ms * INT64_C(1000), err);
    if (status == GOD_E_CANCELLED) {
        l->held = 0;
        gdi_log_write(l->log, GOD_LOG_WARNING, "another host plays the tournaments now, this one stands by", NULL);
        return GOD_OK;
    }
    l->due_ms = status == GOD_OK ? gdi_clock_ms() + renew_ms : l->due_ms;
    return status;
}

/* 1 in *ret_other: another host has it, until *ret_until_us. What this very host held before it was killed is held by
 * nobody, since only one host at a time is at this place. */
static god_status look(gdi_turn_lease *l, int64_t now_us, uint32_t *ret_other, int64_t *ret_until_us, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(l->db, &rows, err, "SELECT owner, lease_until FROM leases WHERE name = $1 AND lease_until > $2",
                      gdi_text(lease_name), gdi_time(now_us)));
    uint32_t is_held = gdi_rows_next(rows);
    *ret_other = is_held && strncmp(gdi_rows_text(rows, 0), l->place, strlen(l->place)) != 0;
    *ret_until_us = is_held ? gdi_rows_time(rows, 1) : 0;
    gdi_rows_free(rows);
    return GOD_OK;
}

static god_status end_own(gdi_turn_lease *l, int64_t now_us, god_error *err)
{
    return GDI_RUN(l->db, NULL, err,
                   "UPDATE leases SET lease_until = $1 WHERE name = $2 AND lease_until > $1 AND "
                   "substr(owner, 1, length(CAST($3 AS TEXT))) = $3",
                   gdi_time(now_us), gdi_text(lease_name), gdi_text(l->place));
}

static void stand_by(gdi_turn_lease *l, int64_t now_us, int64_t until_us)
{
    int64_t wait_ms = (until_us - now_us) / 1000 + 1;
    if (l->due_ms == 0) {
        gdi_log_write(l->log, GOD_LOG_INFO, "another host plays the tournaments, this one stands by", NULL);
    }
    l->due_ms = gdi_clock_ms() + (uint64_t)(wait_ms > look_ms ? look_ms : wait_ms);
}

static god_status take(gdi_turn_lease *l, int64_t now_us, god_error *err)
{
    god_error why = GOD_ERROR_INIT;
    uint32_t other = 0;
    int64_t until_us = 0;
    GOD_TRY(look(l, now_us, &other, &until_us, err));
    if (!other && until_us != 0) {
        GOD_TRY(end_own(l, now_us, err));
    }
    god_status status = GOD_E_TIMEOUT;
    if (!other) {
        status = gdi_lease_take(l->db, lease_name, l->owner, now_us, lease_ms * INT64_C(1000), &l->lease, &why);
    }
    if (status == GOD_OK) {
        l->held = 1;
        l->due_ms = gdi_clock_ms() + renew_ms;
        return GOD_OK;
    }
    if (!other && status == GOD_E_TIMEOUT) { /* somebody was faster, or the store is busy */
        GOD_TRY(look(l, now_us, &other, &until_us, err));
    }
    if (!other) {
        return god_fail(err, status, "%s", why.message);
    }
    stand_by(l, now_us, until_us);
    return GOD_OK;
}

god_status gdi_turn_lease_keep(gdi_turn_lease *lease, int64_t now_us, uint32_t woken, uint32_t *ret_taken,
                               god_error *err)
{
    *ret_taken = 0;
    if (gdi_clock_ms() < lease->due_ms && (lease->held || !woken)) {
        return GOD_OK;
    }
    if (lease->held) {
        return renew(lease, now_us, err);
    }
    GOD_TRY(take(lease, now_us, err));
    *ret_taken = lease->held;
    return GOD_OK;
}

typedef struct farewell {
    const gdi_turn_lease *lease;
    int64_t now_us;
} farewell;

static god_status give_back_in(gdi_db *db, void *user, god_error *err)
{
    const farewell *f = user;
    GOD_TRY(gdi_lease_give_back(db, &f->lease->lease, f->now_us, err));
    return gdi_db_notify(db, "cycles", err); /* whoever stands by looks at once */
}

void gdi_turn_lease_give_back(gdi_turn_lease *lease, int64_t now_us)
{
    farewell f = {.lease = lease, .now_us = now_us};
    if (lease->held) {
        (void)gdi_db_transact(lease->db, give_back_in, &f, NULL); /* otherwise it runs out by itself */
        lease->held = 0;
    }
}
