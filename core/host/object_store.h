/* core/host/object_store.h: the object store that god.yaml names, opened with the keys of the environment. [any] */
#ifndef GDI_HOST_OBJECT_STORE_H
#define GDI_HOST_OBJECT_STORE_H

#include "core/config/config.h"
#include "core/net/s3.h"

/* hooks: stop_asked, progress and user; the rest of it is ignored and comes from config. Without both keys requests are
 * not signed, which is enough for reading what is public; with needs_keys that is GOD_E_INVALID, and the sentence names
 * the variables. *ret_s3 is owned by the caller, ended with gdi_s3_close. */
god_status gdi_object_store_open(const gdi_config *config, const gdi_s3_options *hooks, uint32_t needs_keys,
                                 gdi_s3 **ret_s3, god_error *err);

#endif
