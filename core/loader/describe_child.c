#include "core/loader/describe_child.h"

#include <unistd.h>

#include "core/loader/elf.h"
#include "core/loader/info.h"
#include "core/loader/tables.h"
#include "core/worker/outbox.h"

enum { cannot_report = 3 };

/* A lost stage costs only a less exact message. */
static void send_stage(void *user, const char *stage)
{
    (void)gdi_outbox_send_take(user, json_pack("{s:s}", "stage", stage), NULL);
}

static god_status describe(const char *path, gdi_outbox *outbox, json_t **ret_description, god_error *err)
{
    void *handle = NULL;
    gdi_plugin plugin;
    GOD_TRY(gdi_elf_check(path, err));
    GOD_TRY(gdi_tables_open(path, &handle, err));
    GOD_TRY(gdi_tables_read(handle, send_stage, outbox, &plugin, err));
    return gdi_info_from_plugin(&plugin, ret_description, err);
}

int gdi_describe_child(const char *path)
{
    gdi_outbox outbox;
    god_error err = GOD_ERROR_INIT;
    json_t *description = NULL;
    if (gdi_outbox_open(&outbox, &err) != GOD_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        return cannot_report;
    }
    send_stage(&outbox, "its opening");
    if (describe(path, &outbox, &description, &err) != GOD_OK) {
        (void)gdi_info_from_refusal(err.code, err.message, &description, &err);
    }
    god_status status = gdi_outbox_send_take(&outbox, json_pack("{s:o}", "description", description), &err);
    _exit(status == GOD_OK ? 0 : cannot_report);
}
