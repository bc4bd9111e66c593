/* core/simulation/dump.h: every row of every table of a store, as text in one order, and the digest of that.
 *
 * Two seasons were the same when their dumps are: a replay from the same seed, or a season that was killed and went on.
 * Left out, because they differ without anything being different:
 *
 *     jobs.job_id, balance_events.id,            serial numbers: PostgreSQL does not give back the number that a
 *     tournament_participants.fee_event_id       transaction took that was rolled back
 *     tables named *migrations*                  they say when the schema was made, by the real clock
 *
 * Attempts, fences, leases and owners of jobs are compared like everything else: executors outlive the host, so a kill
 * of the host costs no attempt. [one]
 */
#ifndef GDI_SIMULATION_DUMP_H
#define GDI_SIMULATION_DUMP_H

#include "core/store/db.h"
#include "god/helpers/sha256.h"

/* path NULL: only the digest. */
god_status gdi_dump(gdi_db *db, const char *path, char ret_digest[GOD_SHA256_HEX], god_error *err);

#endif
