/* core/simulation/setting.h: the network in which a season plays: rules of the Guide, lists, trainers, the first
 * moment. [any] */
#ifndef GDI_SIMULATION_SETTING_H
#define GDI_SIMULATION_SETTING_H

#include "core/cycles/cycles.h"
#include "core/cycles/task_kinds.h"
#include "core/simulation/people.h"

const char *gdi_setting_burn_hotkey(void);
/* A Thursday, an hour before the window of text tournaments: each type begins at once, and a week later again. */
int64_t gdi_setting_start_us(void);
uint32_t gdi_setting_honest(const gdi_rules *rules); /* miners who can fill the smallest field of every type */

/* Everything but the connection, the log and the source of random bytes. */
gdi_cycles_options gdi_setting_cycles(const gdi_rules *rules, const gdi_task_kinds *kinds);
/* Rows that people put there before a host starts: the trainers' GPUs and benchmark tasks. Once. */
god_status gdi_setting_stock(gdi_db *db, const gdi_people *people, const gdi_task_kinds *kinds, god_error *err);

#endif
