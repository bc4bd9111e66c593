/* core/cli/task.h: the parts of `god task`. */
#ifndef GDI_CLI_TASK_H
#define GDI_CLI_TASK_H

#include "god/error.h"

/* What the command line said; NULL and 0 for what it did not. */
typedef struct gdi_task_args {
    const char *action, *place; /* "args", "upload"; the request or the folder */
    const char *stats, *sidecar_urls, *config;
    const char *repository, *task_id, *base_model, *subfolder;
    uint32_t json;
} gdi_task_args;

god_status gdi_task_args_show(const gdi_task_args *args, god_error *err);
god_status gdi_task_upload(const gdi_task_args *args, god_error *err);

#endif
