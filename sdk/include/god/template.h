/* god/template.h: host extension "god.template/1": chat templates rendered by Jinja2 in a process of its own.
 *
 * Templates come with models, so they are strangers' code. The host renders them in `god-jail`: Jinja2's immutable
 * sandbox inside a process that, before it touches the template, gives up files, network, new processes and
 * privileges for good, with limits on memory, time and output. Get the table with
 * `host->extension(host->ctx, GOD_TEMPLATE_ID)`; NULL means that this host cannot render templates.
 *
 * What a template can use: trim_blocks and lstrip_blocks on, loop controls, {% generation %}, the filter `tojson`
 * (without HTML escapes), `raise_exception(message)` and `strftime_now(format)`, which formats `now_s` below and never
 * the clock, so that the same task gives the same text on every day.
 */
#ifndef GOD_TEMPLATE_H
#define GOD_TEMPLATE_H

#include "god/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GOD_TEMPLATE_ID "god.template/1"

typedef struct god_template_request {
    uint32_t size;
    const char *source;        /* the template */
    const char *contexts_json; /* array of objects: the variables of one rendering each */
    int64_t now_s;             /* what strftime_now sees: seconds since 1970 in UTC */
    uint64_t time_limit_ms;    /* for the whole array; 0: the host's own limit */
} god_template_request;

typedef struct god_template {
    uint32_t size;
    /* [one] Renders the template once per context and calls `rendered` in order; bytes excludes the NUL. A template
     * that does not parse or raises is GOD_E_DATA with its message and the index of the context. */
    god_status (*render)(void *ctx, const god_template_request *request, void *user,
                         god_status (*rendered)(void *user, uint64_t index, const char *text, size_t bytes),
                         god_error *err);
} god_template;

#ifdef __cplusplus
}
#endif
#endif
