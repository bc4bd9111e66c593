/* core/host/web.h: the HTTP thread of the host: the public interface on TCP, the operator's on a Unix socket, with a
 * connection to the store of its own, so that a slow reader never holds up a tournament.
 *
 * The thread starts in gdi_web_start and ends in gdi_web_stop; everything else here may be called by any thread. */
#ifndef GDI_HOST_WEB_H
#define GDI_HOST_WEB_H

#include "core/config/config.h"
#include "core/host/executors.h"
#include "core/host/facts.h"
#include "god/helpers/file.h"

typedef struct gdi_web gdi_web;

typedef struct gdi_web_options {
    const gdi_config *config; /* borrowed, as everything here */
    const gdi_log *log;
    gdi_shared_facts *facts;
    const gdi_executors *executors;
    const char *version;
} gdi_web_options;

/* <paths.state_dir>/admin.sock unless god.yaml says otherwise. */
god_status gdi_web_socket(const gdi_config *config, char ret_path[GOD_PATH_MAX], god_error *err);

/* Signals that stop the process must be blocked by the caller: they are for its own thread. */
god_status gdi_web_start(const gdi_web_options *options, gdi_web **ret_web, god_error *err);
void gdi_web_stop(gdi_web *web);           /* accepts NULL */
uint32_t gdi_web_port(const gdi_web *web); /* 0: no TCP */

#endif
