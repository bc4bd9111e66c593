/* core/tournament/ids.h: the names of tournaments, rounds, groups, pairs and repositories. Source: section 3.
 *
 * Each function writes a NUL-ended text into the caller's buffer and returns false, with an empty text, when it does
 * not fit. GDI_ID_BYTES is enough for every id that starts from gdi_tournament_id. Numbers count from 1 and have
 * three digits, more from 1000 on.
 */
#ifndef GDI_TOURNAMENT_IDS_H
#define GDI_TOURNAMENT_IDS_H

#include "core/tournament/entrant.h"

enum { GDI_ID_BYTES = 128, GDI_REPOSITORY_BYTES = 192 };

/* What a task hangs on. */
enum { GDI_SLOT_GROUP = 1, GDI_SLOT_PAIR = 2 };

/* tourn_<16 hex digits of random>_<YYYYMMDD of created_us> */
bool gdi_tournament_id(uint64_t random, int64_t created_us, char *buf, size_t cap);
/* <tournament>_round_<number> */
bool gdi_round_id(const char *tournament_id, uint32_t number, char *buf, size_t cap);
/* <round>_group_<number> or <round>_pair_<number> */
bool gdi_slot_id(const char *round_id, uint32_t slot_kind, uint32_t number, char *buf, size_t cap);

/* tournament-<tournament>-<task>-<first 8 characters of hotkey> */
bool gdi_output_repository(const char *tournament_id, const char *task_id, const char *hotkey, char *buf, size_t cap);
/* benchmark-<root task>-<tournament>-<hk8> */
bool gdi_benchmark_repository(const char *root_task_id, const char *tournament_id, const char *hotkey, char *buf,
                              size_t cap);
/* god-<type>-<tournament>-position-1, underscores turned into dashes */
bool gdi_winner_repository(uint32_t type, const char *tournament_id, char *buf, size_t cap);
/* god-<type>-<tournament>-dedup-<hk8> */
bool gdi_duplicate_repository(uint32_t type, const char *tournament_id, const char *hotkey, char *buf, size_t cap);

#endif
