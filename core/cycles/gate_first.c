/* core/cycles/gate_first.c: who enters the bracket of round 1. Sources: sections 9.1 and 9.3. */
#include <string.h>

#include "core/cycles/entry.h"
#include "core/store/nodes.h"
#include "core/store/participants.h"
#include "core/tournament/duplicates.h"

/* The paying participants as rows of references; texts belong to `rows`. */
typedef struct paying_list {
    const char **hotkeys;
    gdi_reference *references;
    uint32_t count;
} paying_list;

static bool has_node(gdi_rows *nodes, const char *hotkey)
{
    gdi_rows_rewind(nodes);
    while (gdi_rows_next(nodes)) {
        if (strcmp(gdi_rows_text(nodes, GDI_NODES_HOTKEY), hotkey) == 0) {
            return true;
        }
    }
    return false;
}

static god_status read_paying(gdi_step *step, paying_list *ret_paying, god_error *err)
{
    gdi_rows *rows = NULL, *nodes = NULL;
    GOD_TRY(gdi_participants_read(step->db, step->tournament.id, &rows, err));
    GOD_TRY(gdi_step_keep_rows_take(step, rows, err));
    GOD_TRY(gdi_nodes_read(step->db, step->options->netuid, &nodes, err));
    GOD_TRY(gdi_step_keep_rows_take(step, nodes, err));
    paying_list list = {.count = 0};
    GOD_TRY(GDI_STEP_NEW(step, gdi_rows_count(rows), &list.hotkeys, err));
    GOD_TRY(GDI_STEP_NEW(step, gdi_rows_count(rows), &list.references, err));
    while (gdi_rows_next(rows)) {
        const char *hotkey = gdi_rows_text(rows, GDI_PARTICIPANT_HOTKEY);
        if (strcmp(hotkey, step->options->burn_hotkey) == 0) {
            continue;
        }
        if (!has_node(nodes, hotkey)) {
            gdi_step_log(step, GOD_LOG_ERROR, "an entrant has no node any more and is left out of round 1", "hotkey",
                         hotkey);
            continue;
        }
        list.hotkeys[list.count] = hotkey;
        list.references[list.count] = (gdi_reference){.entrant = list.count,
                                                      .commit = gdi_rows_text(rows, GDI_PARTICIPANT_COMMIT),
                                                      .digest = gdi_rows_text(rows, GDI_PARTICIPANT_SOURCE_DIGEST)};
        list.count++;
    }
    *ret_paying = list;
    return GOD_OK;
}

static god_status tell(gdi_step *step, const char *const *flagged, uint32_t count, god_error *err)
{
    const char *event = NULL, *names = "";
    for (uint32_t i = 0; i < count; i++) {
        GOD_TRY(gdi_step_format(step, &names, err, "%s%s%s", names, i == 0 ? "" : ", ", flagged[i]));
    }
    GOD_TRY(gdi_step_format(step, &event, err, "%s/duplicates", step->tournament.id));
    return gdi_step_notify(step, event, err, "tournament %s: duplicates removed before round 1: %s",
                           step->tournament.id, names);
}

god_status gdi_gate_first(gdi_step *step, const char *const **ret_field, uint32_t *ret_field_count,
                          const char *const **ret_flagged, uint32_t *ret_flagged_count, god_error *err)
{
    paying_list list;
    gdi_duplicate_link *links = NULL;
    gdi_duplicate_key *keys = NULL;
    const char **flagged = NULL;
    uint32_t kept = 0, flagged_count = 0;
    GOD_TRY(read_paying(step, &list, err));
    GOD_TRY(GDI_STEP_NEW(step, list.count, &links, err));
    GOD_TRY(GDI_STEP_NEW(step, list.count, &keys, err));
    GOD_TRY(GDI_STEP_NEW(step, list.count, &flagged, err));
    gdi_duplicates_init(links, list.count);
    gdi_duplicates_by_hash(list.references, list.count, links, keys);
    (void)gdi_duplicates_finish(list.references, list.count, GDI_NOBODY, links);
    for (uint32_t i = 0; i < list.count; i++) {
        if (links[i].flagged) {
            flagged[flagged_count++] = list.hotkeys[i];
        } else {
            list.hotkeys[kept++] = list.hotkeys[i];
        }
    }
    if (flagged_count > 0) {
        GOD_TRY(tell(step, flagged, flagged_count, err));
    }
    *ret_field = list.hotkeys;
    *ret_field_count = kept;
    *ret_flagged = flagged;
    *ret_flagged_count = flagged_count;
    return GOD_OK;
}
