/* core/store/configured.h: the store that god.yaml names. [one] */
#ifndef GDI_STORE_CONFIGURED_H
#define GDI_STORE_CONFIGURED_H

#include "core/config/config.h"
#include "core/store/db.h"

enum { GDI_STORE_URL_MAX = 4096 + 16 };

/* store.url, or sqlite:<paths.state_dir>/god.db. */
god_status gdi_store_url(const gdi_config *config, char ret_url[GDI_STORE_URL_MAX], god_error *err);

/* Opens it and makes sure that its schema is the one of this build: GOD_E_DATA with the remedy otherwise. A store
 * that holds nothing yet is given the schema; one that holds something is migrated by `god db migrate` alone. */
god_status gdi_store_open(const gdi_config *config, int64_t now_us, gdi_db **ret_db, god_error *err);

#endif
