/* core/host/publish.h: the result of a training becomes a repository on the hub (training specification 15.2): the
 * right folder of it, with the real base model in its metadata, without trainer states, in place of what was there.
 * [one] */
#ifndef GDI_HOST_PUBLISH_H
#define GDI_HOST_PUBLISH_H

#include "core/config/config.h"
#include "core/host/fetcher.h"

typedef struct gdi_publication {
    const char *folder;     /* of the result; its metadata is changed in place */
    const char *repository; /* "owner/name" */
    const char *task_id;    /* for the message of the commit */
    const char *base_model; /* NULL: the metadata stays as it is */
    const char *subfolder;  /* NULL: the root of the repository */
    uint64_t pause_ms;      /* between tries; 0: the usual */
} gdi_publication;

enum { GDI_PUBLISH_BASES_MAX = 10 };

/* A base model that is an adapter itself is followed to the model it stands on, at most GDI_PUBLISH_BASES_MAX times.
 * *ret_commit holds 41 bytes, "" when the hub does not say. GOD_E_NOT_FOUND and GOD_E_DATA: the folder is at fault;
 * otherwise as gdi_hub_upload_folder. */
god_status gdi_publish(const gdi_config *config, const gdi_fetcher_hooks *hooks, const gdi_publication *publication,
                       char ret_commit[41], god_error *err);

#endif
