#include "core/http/metrics.h"

#include "core/http/process.h"

god_status gdi_metrics_head(god_text *out, const char *name, const char *type, const char *help, god_error *err)
{
    return god_text_append_f(out, err, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

god_status gdi_metrics_value(god_text *out, const char *name, const char *type, const char *help, double value,
                             god_error *err)
{
    GOD_TRY(gdi_metrics_head(out, name, type, help, err));
    return god_text_append_f(out, err, "%s %.17g\n", name, value);
}

god_status gdi_metrics_servers(god_text *out, const gdi_server *const *servers, god_error *err)
{
    gdi_server_counts sum = {.requests = 0};
    for (const gdi_server *const *server = servers; server != NULL && *server != NULL; server++) {
        gdi_server_counts counts = gdi_server_count(*server);
        sum.handler_us += counts.handler_us;
        sum.connections += counts.connections;
        for (size_t i = 0; i < sizeof sum.by_class / sizeof *sum.by_class; i++) {
            sum.by_class[i] += counts.by_class[i];
        }
    }
    GOD_TRY(gdi_metrics_head(out, "god_http_answers_total", "counter", "Answers by class of status code.", err));
    for (int i = 2; i <= 5; i++) {
        GOD_TRY(god_text_append_f(out, err, "god_http_answers_total{code=\"%dxx\"} %llu\n", i,
                                  (unsigned long long)sum.by_class[i]));
    }
    GOD_TRY(
        gdi_metrics_value(out, "god_http_connections", "gauge", "Connections that are open.", sum.connections, err));
    return gdi_metrics_value(out, "god_http_handler_seconds_total", "counter", "Time spent in handlers.",
                             (double)sum.handler_us / 1e6, err);
}

god_status gdi_metrics_process(god_text *out, god_error *err)
{
    const gdi_process_facts p = gdi_process_look();
    GOD_TRY(gdi_metrics_value(out, "process_resident_memory_bytes", "gauge", "Resident memory.",
                              (double)p.resident_bytes, err));
    GOD_TRY(gdi_metrics_value(out, "process_cpu_seconds_total", "counter", "Processor time, user and system.",
                              p.cpu_seconds, err));
    GOD_TRY(gdi_metrics_value(out, "process_threads", "gauge", "Threads.", p.threads, err));
    return gdi_metrics_value(out, "process_open_fds", "gauge", "Open descriptors.", p.open_fds, err);
}

god_status gdi_metrics_answer(god_status written, god_text *text, gdi_answer *answer)
{
    if (written != GOD_OK) {
        god_text_free(text);
        return written;
    }
    answer->text = text->data;
    answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
    return GOD_OK;
}
