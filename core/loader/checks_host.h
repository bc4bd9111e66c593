/* core/loader/checks_host.h: the host that the conformance suite lends to the instances it opens.
 *
 * It counts what it is asked, can raise `cancelled`, and notes the first call that the contract does not allow.
 * The calls of the host itself may come from any thread. [any] Everything else: the check's thread. [one]
 */
#ifndef GDI_LOADER_CHECKS_HOST_H
#define GDI_LOADER_CHECKS_HOST_H

#include <pthread.h>

#include "core/loader/checks.h"
#include "god/helpers/file.h"

typedef struct gdi_check_host {
    god_host host; /* what instances see */
    char cache_dir[GOD_PATH_MAX], job_dir[GOD_PATH_MAX];
    pthread_mutex_t lock; /* guards everything below */
    uint64_t asked;       /* times that `cancelled` was called */
    uint64_t cancel_at;   /* the question to answer with yes, and all after it; 0: never */
    uint64_t raised_ms;   /* when it was, on the monotonic clock; 0: not yet */
    char broken[160];     /* the first promise that a call broke; "" while none was */
} gdi_check_host;

/* Makes its two folders. GDI_PASS or GDI_SKIP. */
uint32_t gdi_check_host_init(const gdi_checked *what, gdi_check_host *ret_host, god_error *ret_why);
void gdi_check_host_fini(gdi_check_host *host);

/* Opens an instance with the configuration "{}". GDI_PASS, or GDI_FAIL with the reason. */
uint32_t gdi_check_host_open(gdi_check_host *host, const gdi_checked *what, god_instance **ret_instance,
                             god_error *ret_why);

/* An instance and its host, for the length of one check. */
typedef struct gdi_check_session {
    gdi_check_host host;
    god_instance *instance;
} gdi_check_session;

/* GDI_PASS; GDI_SKIP when has_interface is 0; GDI_FAIL when no instance can be opened. */
uint32_t gdi_check_session_open(const gdi_checked *what, uint32_t has_interface, const char *interface_id,
                                gdi_check_session *ret_session, god_error *ret_why);
/* After a GDI_PASS. */
void gdi_check_session_close(const gdi_checked *what, gdi_check_session *session);

#endif
