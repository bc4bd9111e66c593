/* core/http/metrics.h: the text that Prometheus reads, line by line (text format 0.0.4). [any] */
#ifndef GDI_HTTP_METRICS_H
#define GDI_HTTP_METRICS_H

#include "core/http/route.h"
#include "core/http/server.h"
#include "god/helpers/text.h"

/* type: "gauge" or "counter". */
god_status gdi_metrics_head(god_text *out, const char *name, const char *type, const char *help, god_error *err);
/* The same and its only line. */
god_status gdi_metrics_value(god_text *out, const char *name, const char *type, const char *help, double value,
                             god_error *err);
/* What servers did (a NULL-ended list; NULL: none) and what this process costs. */
god_status gdi_metrics_servers(god_text *out, const gdi_server *const *servers, god_error *err);
god_status gdi_metrics_process(god_text *out, god_error *err);
/* What a handler returns: on GOD_OK the answer owns the text from here on, otherwise it is freed. Returns `written`. */
god_status gdi_metrics_answer(god_status written, god_text *text, gdi_answer *answer);

#endif
