#include "core/host/prefetch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { at_a_time = 2 };

typedef struct errand {
    struct errand *next;
    const gdi_config *config;
    int64_t job_id;
    char **addresses; /* own */
    gdi_prefetched *items;
    uint32_t count;
    pthread_t thread;
    uint32_t started;    /* and not joined yet; only the owner's thread looks */
    atomic_uint stop;    /* asked for by the owner */
    atomic_uint is_over; /* the last thing that the thread writes */
} errand;

struct gdi_prefetch {
    const gdi_config *config;
    errand *errands;
};

god_status gdi_prefetch_open(const gdi_config *config, gdi_prefetch **ret_prefetch, god_error *err)
{
    gdi_prefetch *prefetch = calloc(1, sizeof *prefetch);
    if (prefetch == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for downloads");
    }
    prefetch->config = config;
    *ret_prefetch = prefetch;
    return GOD_OK;
}

/* ---- the thread ---- */

static uint32_t is_stopped(void *user)
{
    return atomic_load(&((errand *)user)->stop);
}

/* What is at a web address whose digest nobody knows is kept under that address, which may be a signed one. */
static god_status fetch_one(gdi_fetcher *fetcher, const char *address, gdi_fetched *ret_fetched, god_error *err)
{
    char key[GOD_SHA256_HEX + 8] = "address-";
    if (strncmp(address, "http://", 7) != 0 && strncmp(address, "https://", 8) != 0) {
        return gdi_fetcher_fetch(fetcher, address, NULL, NULL, ret_fetched, err);
    }
    god_sha256_bytes(address, strlen(address), key + strlen(key));
    return gdi_fetcher_fetch_as(fetcher, address, key, ret_fetched, err);
}

static void *run(void *user)
{
    errand *e = user;
    gdi_fetcher *fetcher = NULL;
    god_error err = GOD_ERROR_INIT;
    const gdi_fetcher_hooks hooks = {.stop_asked = is_stopped, .user = e};
    god_status opened = gdi_fetcher_open(e->config, &hooks, &fetcher, &err);
    for (uint32_t i = 0; i < e->count; i++) {
        gdi_prefetched *item = &e->items[i];
        item->why = err;
        item->status = opened;
        if (opened == GOD_OK) {
            item->status =
                is_stopped(e) ? GOD_E_CANCELLED : fetch_one(fetcher, e->addresses[i], &item->fetched, &item->why);
        }
    }
    gdi_fetcher_close(fetcher);
    atomic_store(&e->is_over, 1);
    return NULL;
}

/* ---- errands ---- */

static void errand_free(errand *e)
{
    if (e->started) {
        atomic_store(&e->stop, 1);
        (void)pthread_join(e->thread, NULL);
    }
    for (uint32_t i = 0; i < e->count; i++) {
        if (e->items != NULL && e->items[i].status == GOD_OK) {
            gdi_cache_release(&e->items[i].fetched.hold);
        }
        if (e->addresses != NULL) {
            free(e->addresses[i]);
        }
    }
    free(e->addresses);
    free(e->items);
    free(e);
}

static god_status fill(errand *e, const char *const *addresses, uint32_t count, god_error *err)
{
    e->addresses = calloc(count + 1, sizeof *e->addresses);
    e->items = calloc(count + 1, sizeof *e->items);
    for (; e->addresses != NULL && e->items != NULL && e->count < count; e->count++) {
        e->addresses[e->count] = strdup(addresses[e->count]);
        e->items[e->count].status = GOD_E_CANCELLED; /* until it is there */
        if (e->addresses[e->count] == NULL) {
            break;
        }
    }
    return e->count == count && e->items != NULL && e->addresses != NULL
               ? GOD_OK
               : god_fail(err, GOD_E_NOMEM, "out of memory for %u downloads", count);
}

static god_status add(gdi_prefetch *prefetch, int64_t job_id, const char *const *addresses, uint32_t count,
                      errand **ret_errand, god_error *err)
{
    errand *e = count > GDI_PREFETCH_ADDRESSES_MAX ? NULL : calloc(1, sizeof *e);
    if (e == NULL) {
        return god_fail(err, count > GDI_PREFETCH_ADDRESSES_MAX ? GOD_E_DATA : GOD_E_NOMEM,
                        "a job of %u addresses cannot be fetched", count);
    }
    e->config = prefetch->config;
    e->job_id = job_id;
    god_status status = fill(e, addresses, count, err);
    if (status != GOD_OK) {
        errand_free(e);
        return status;
    }
    e->next = prefetch->errands;
    prefetch->errands = e;
    *ret_errand = e;
    return GOD_OK;
}

static uint32_t running(const gdi_prefetch *prefetch)
{
    uint32_t count = 0;
    for (const errand *e = prefetch->errands; e != NULL; e = e->next) {
        count += e->started && !atomic_load(&e->is_over);
    }
    return count;
}

static errand **find(gdi_prefetch *prefetch, int64_t job_id)
{
    errand **link = &prefetch->errands;
    while (*link != NULL && (*link)->job_id != job_id) {
        link = &(*link)->next;
    }
    return link;
}

god_status gdi_prefetch_look(gdi_prefetch *prefetch, int64_t job_id, const char *const *addresses, uint32_t count,
                             const gdi_prefetched **ret_items, god_error *err)
{
    errand *e = *find(prefetch, job_id);
    if (e == NULL) {
        GOD_TRY(add(prefetch, job_id, addresses, count, &e, err));
    }
    if (!e->started && running(prefetch) < at_a_time) {
        if (pthread_create(&e->thread, NULL, run, e) != 0) {
            return god_fail(err, GOD_E_IO, "cannot start a thread for a download");
        }
        e->started = 1;
    }
    *ret_items = atomic_load(&e->is_over) ? e->items : NULL;
    return GOD_OK;
}

void gdi_prefetch_drop(gdi_prefetch *prefetch, int64_t job_id)
{
    errand **link = find(prefetch, job_id), *e = *link;
    if (e != NULL) {
        *link = e->next;
        errand_free(e);
    }
}

void gdi_prefetch_close(gdi_prefetch *prefetch)
{
    if (prefetch == NULL) {
        return;
    }
    for (errand *e = prefetch->errands; e != NULL; e = e->next) {
        atomic_store(&e->stop, 1); /* all of them, before the first is waited for */
    }
    while (prefetch->errands != NULL) {
        errand *e = prefetch->errands;
        prefetch->errands = e->next;
        errand_free(e);
    }
    free(prefetch);
}
