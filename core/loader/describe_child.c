#include "core/loader/describe_child.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/base/frame.h"
#include "core/loader/elf.h"
#include "core/loader/info.h"
#include "core/loader/tables.h"

enum { lowest_frames_fd = 100, cannot_report = 3 };

static god_status send(int fd, const char *key, json_t *take_value, god_error *err)
{
    json_t *frame = json_pack("{s:o}", key, take_value);
    if (frame == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a frame");
    }
    god_status status = gdi_frame_write_json(fd, frame, err);
    json_decref(frame);
    return status;
}

/* A lost stage costs only a less exact message. */
static void send_stage(void *user, const char *stage)
{
    const int *fd = user;
    (void)send(*fd, "stage", json_string(stage), NULL);
}

static god_status describe(const char *path, int fd, json_t **ret_description, god_error *err)
{
    void *handle = NULL;
    gdi_plugin plugin;
    GOD_TRY(gdi_elf_check(path, err));
    GOD_TRY(gdi_tables_open(path, &handle, err));
    GOD_TRY(gdi_tables_read(handle, send_stage, &fd, &plugin, err));
    return gdi_info_from_plugin(&plugin, ret_description, err);
}

int gdi_describe_child(const char *path)
{
    god_error err = GOD_ERROR_INIT;
    json_t *description = NULL;
    int fd = fcntl(GDI_FRAME_FD, F_DUPFD_CLOEXEC, lowest_frames_fd);
    if (fd < 0) {
        (void)fprintf(stderr, "no descriptor %d to write frames to\n", GDI_FRAME_FD);
        return cannot_report;
    }
    (void)close(GDI_FRAME_FD);
    send_stage(&fd, "its opening");
    if (describe(path, fd, &description, &err) != GOD_OK) {
        (void)gdi_info_from_refusal(err.code, err.message, &description, &err);
    }
    god_status status = send(fd, "description", description, &err);
    _exit(status == GOD_OK ? 0 : cannot_report);
}
