/* core/store/nodes.h: rows of `nodes`, the hotkeys that the network knows. Source: sections 1 and 24. [one]
 *
 * Functions that end in _in write and belong inside the caller's transaction. */
#ifndef GDI_STORE_NODES_H
#define GDI_STORE_NODES_H

#include "core/store/db.h"

enum { GDI_NODES_HOTKEY, GDI_NODES_COLDKEY, GDI_NODES_IP, GDI_NODES_PORT }; /* columns of gdi_nodes_read */

/* All of the network, hotkey ascending. The rows are the caller's. */
god_status gdi_nodes_read(gdi_db *db, int64_t netuid, gdi_rows **ret_rows, god_error *err);

typedef struct gdi_node {
    const char *hotkey, *coldkey, *ip; /* ip NULL: the node told none */
    int64_t port;                      /* 0: none */
} gdi_node;
/* Adds a node, or writes what changed about it. */
god_status gdi_node_put_in(gdi_db *db, int64_t netuid, const gdi_node *node, int64_t now_us, god_error *err);
god_status gdi_node_remove_in(gdi_db *db, int64_t netuid, const char *hotkey, god_error *err);

#endif
