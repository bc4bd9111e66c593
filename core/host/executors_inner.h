/* core/host/executors_inner.h: what hands (executors.c) and the watcher (watcher.c) share. Internal to core/host. */
#ifndef GDI_HOST_EXECUTORS_INNER_H
#define GDI_HOST_EXECUTORS_INNER_H

#include <pthread.h>

#include "core/host/executors.h"
#include "core/host/held.h"
#include "core/host/turn_lease.h"

enum {
    GDI_KINDS_MAX = 32,
    GDI_HANDS_MAX = 64,
    GDI_EXECUTORS_WAIT_MS = 60 * 1000, /* the backstop, should a wake be lost */
    GDI_EXECUTORS_TROUBLE_MS = 2000    /* after the store could not be used */
};

typedef struct gdi_hand {
    struct gdi_executors *all;
    pthread_t thread;
    uint32_t started;
} gdi_hand;

struct gdi_executors {
    gdi_executors_options options;
    char place[GDI_PLACE_BYTES], owner[GDI_PLACE_BYTES + 32];
    const char *run_kinds[GDI_KINDS_MAX], *look_kinds[GDI_KINDS_MAX], *other_kinds[GDI_KINDS_MAX]; /* NULL-ended */
    int stop_fd;                                                                                   /* readable: end */
    int over_fd; /* readable: something aside may be over; the watcher reads it */
    gdi_hand hands[GDI_HANDS_MAX];
    uint32_t hand_count;
    gdi_hand watcher;
    gdi_prefetch *prefetch; /* the watcher's, as the next */
    uint32_t aside_count;
};

uint32_t gdi_executors_stopping(const gdi_executors *all);
/* What a handler gets for a job that is held. `held` must not move while it is used. */
gdi_execution gdi_executors_execution(const gdi_executors *all, gdi_held *held);
/* Adds to what the host says of itself. */
void gdi_executors_count(const gdi_executors *all, int running, uint32_t done, uint32_t failed);
/* Tells the store how the work ended. */
void gdi_executors_settle(const gdi_executors *all, gdi_held *held, god_status outcome, const json_t *result,
                          const god_error *why);

/* How long until the next job of these kinds is due, at most GDI_EXECUTORS_WAIT_MS. */
god_status gdi_executors_next_due(gdi_db *db, const char *const *kinds, int *ret_wait_ms, god_error *err);
/* Waits for a job, the end, something aside (over_fd; -1: none), or the time. Returns 1 when rows of jobs changed
 * meanwhile. */
uint32_t gdi_executors_rest(const gdi_executors *all, gdi_db *db, int over_fd, int wait_ms);
/* Opens the connection, again and again until it works; NULL when it is time to end. */
gdi_db *gdi_executors_insist_on_db(const gdi_executors *all);

/* The watcher's thread; user is its gdi_hand. */
void *gdi_watcher_run(void *user);

#endif
