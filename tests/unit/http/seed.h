/* A store that holds what the worked examples K and I of the tournament specification describe. Ids are those that
 * core/http/openapi.json names as examples. */
#ifndef TEST_HTTP_SEED_H
#define TEST_HTTP_SEED_H

#include "core/store/db.h"

#define SEED_BURN "BURN_HOTKEY"
#define SEED_TEXT "tourn_0123456789abcdef_20260618"
#define SEED_IMAGE "tourn_0fffffffffffffb2_20260618"
#define SEED_COLDKEY "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
#define SEED_NOW_US INT64_C(1781812800000000) /* 2026-06-18T20:00:00Z, the moment the text tournament completed */

enum { SEED_NETUID = 56 };

/* A completed text tournament won by A with a difference of 0.15: B has 0.45 points, C and D 0.15. An active image
 * tournament in which C and E are left, with two open tasks. Nodes A to E and the burn hotkey. SEED_COLDKEY paid two
 * fees for the text tournament. */
gdi_db *seed_open(void);
/* The same in a store that has the schema and nothing else. */
void seed_fill(gdi_db *db);
void seed_run(gdi_db *db, const char *sql);

#endif
