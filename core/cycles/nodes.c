/* core/cycles/nodes.c: the node table, read from the chain every 15 minutes. Sources: sections 1, 2.2 and 4. */
#include "core/store/nodes.h"

#include <stdlib.h>
#include <string.h>

#include "core/cycles/entry.h"
#include "core/cycles/periodic.h"
#include "core/tournament/calendar.h"

static god_status ask(gdi_step *step, json_t **ret_payload, god_error *err)
{
    *ret_payload = json_pack("{s:I}", "netuid", (json_int_t)step->options->netuid);
    return *ret_payload == NULL ? god_fail(err, GOD_E_NOMEM, "no memory for a job") : GOD_OK;
}

static int by_hotkey(const void *a, const void *b)
{
    return strcmp(((const gdi_node *)a)->hotkey, ((const gdi_node *)b)->hotkey);
}

static bool read_node(const json_t *entry, gdi_node *ret_node)
{
    const char *hotkey = json_string_value(json_object_get(entry, "hotkey"));
    const char *coldkey = json_string_value(json_object_get(entry, "coldkey"));
    const char *ip = json_string_value(json_object_get(entry, "ip"));
    json_int_t port = json_integer_value(json_object_get(entry, "port"));
    if (hotkey == NULL || coldkey == NULL || hotkey[0] == '\0' || strlen(hotkey) >= GDI_HOTKEY_BYTES) {
        return false;
    }
    bool is_reachable = ip != NULL && ip[0] != '\0' && port > 0 && port <= 65535;
    *ret_node = (gdi_node){
        .hotkey = hotkey, .coldkey = coldkey, .ip = is_reachable ? ip : NULL, .port = is_reachable ? port : 0};
    return true;
}

/* Ascending, each hotkey once. */
static god_status read_nodes(gdi_step *step, const json_t *list, gdi_node **ret_nodes, size_t *ret_count,
                             god_error *err)
{
    gdi_node *nodes = NULL;
    size_t read = 0, count = 0;
    GOD_TRY(GDI_STEP_NEW(step, json_array_size(list), &nodes, err));
    for (size_t i = 0; i < json_array_size(list); i++) {
        read += read_node(json_array_get(list, i), &nodes[read]) ? 1 : 0;
    }
    if (read > 0) {
        qsort(nodes, read, sizeof *nodes, by_hotkey);
    }
    for (size_t i = 0; i < read; i++) {
        if (count == 0 || strcmp(nodes[count - 1].hotkey, nodes[i].hotkey) != 0) {
            nodes[count++] = nodes[i];
        }
    }
    *ret_nodes = nodes;
    *ret_count = count;
    return GOD_OK;
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_as_stored(const gdi_rows *rows, const gdi_node *node)
{
    return same_text(gdi_rows_text(rows, GDI_NODES_COLDKEY), node->coldkey) &&
           same_text(gdi_rows_text(rows, GDI_NODES_IP), node->ip) && gdi_rows_int(rows, GDI_NODES_PORT) == node->port;
}

/* Both lists ascend: whoever is only stored left the network, whoever is only told joined it. */
static god_status merge(gdi_step *step, gdi_rows *rows, const gdi_node *nodes, size_t count, god_error *err)
{
    int64_t netuid = step->options->netuid;
    bool has_row = gdi_rows_next(rows);
    for (size_t i = 0; i < count || has_row;) {
        const char *stored = has_row ? gdi_rows_text(rows, GDI_NODES_HOTKEY) : NULL;
        int order = stored == NULL ? 1 : i == count ? -1 : strcmp(stored, nodes[i].hotkey);
        if (order < 0) {
            GOD_TRY(gdi_node_remove_in(step->db, netuid, stored, err));
        } else if (order > 0 || !is_as_stored(rows, &nodes[i])) {
            GOD_TRY(gdi_node_put_in(step->db, netuid, &nodes[i], step->now_us, err));
        }
        i += order >= 0 ? 1 : 0;
        has_row = order <= 0 ? gdi_rows_next(rows) : has_row;
    }
    return GOD_OK;
}

static god_status apply(gdi_step *step, const json_t *result, god_error *err)
{
    gdi_node *nodes = NULL;
    size_t count = 0;
    gdi_rows *rows = NULL;
    GOD_TRY(read_nodes(step, json_object_get(result, "nodes"), &nodes, &count, err));
    if (count == 0) {
        /* A chain that names nobody is a chain that did not answer: nobody is thrown out for it. */
        gdi_step_log(step, GOD_LOG_WARNING, "the chain named no nodes, ignoring", NULL, NULL);
        return GOD_OK;
    }
    GOD_TRY(gdi_nodes_read(step->db, step->options->netuid, &rows, err));
    GOD_TRY(gdi_step_keep_rows_take(step, rows, err));
    return merge(step, rows, nodes, count, err);
}

god_status gdi_step_nodes(gdi_step *step, god_error *err)
{
    const gdi_period period = {.kind = GDI_WORK_REFRESH_NODES,
                               .period_us = step->options->nodes_period_us,
                               .default_us = 15 * 60 * GDI_SECOND_US,
                               .ask = ask,
                               .apply = apply};
    return gdi_step_periodic(step, &period, err);
}
