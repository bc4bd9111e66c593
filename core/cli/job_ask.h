/* core/cli/job_ask.h: commands that ask the running host over its Unix socket, and do without it when none runs: then
 * the same handlers work on the store from inside this process (every action is one transaction, so a host that starts
 * meanwhile does not mind). [one] */
#ifndef GDI_CLI_JOB_ASK_H
#define GDI_CLI_JOB_ASK_H

#include "core/config/config.h"
#include "god/helpers/text.h"

typedef struct gdi_ask {
    const char *method, *target; /* "GET", "/admin/jobs?limit=10" */
    const json_t *body;          /* NULL: none */
} gdi_ask;

/* *ret_answer is the caller's. GOD_E_NOT_FOUND and GOD_E_INVALID with the host's sentence; says on stderr when it
 * worked without a host. */
god_status gdi_ask_host(const gdi_config *config, const gdi_ask *ask, json_t **ret_answer, god_error *err);

/* Appends "/value" or "name=value" with everything that is not plain percent-encoded. */
god_status gdi_ask_add_segment(god_text *target, const char *value, god_error *err);
god_status gdi_ask_add_query(god_text *target, const char *name, const char *value_or_null, god_error *err);

#endif
