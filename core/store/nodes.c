#include "core/store/nodes.h"

god_status gdi_nodes_read(gdi_db *db, int64_t netuid, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err, "SELECT hotkey, coldkey, ip, port FROM nodes WHERE netuid = $1 ORDER BY hotkey",
                     gdi_int(netuid));
}

god_status gdi_node_put_in(gdi_db *db, int64_t netuid, const gdi_node *node, int64_t now_us, god_error *err)
{
    return GDI_RUN(
        db, NULL, err,
        "INSERT INTO nodes (hotkey, netuid, coldkey, ip, port, last_updated) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (hotkey, netuid) DO UPDATE SET coldkey = excluded.coldkey, ip = excluded.ip, "
        "port = excluded.port, last_updated = excluded.last_updated",
        gdi_text(node->hotkey), gdi_int(netuid), gdi_text(node->coldkey), gdi_text(node->ip),
        node->port == 0 ? gdi_null() : gdi_int(node->port), gdi_time(now_us));
}

god_status gdi_node_remove_in(gdi_db *db, int64_t netuid, const char *hotkey, god_error *err)
{
    return GDI_RUN(db, NULL, err, "DELETE FROM nodes WHERE hotkey = $1 AND netuid = $2", gdi_text(hotkey),
                   gdi_int(netuid));
}
