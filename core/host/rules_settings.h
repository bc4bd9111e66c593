/* core/host/rules_settings.h: "tournament.rules" of god.yaml over the constants of the Guide.
 *
 *     tournament:
 *       rules:
 *         text: {fee_rao: 250000000, field_min: 8, start_weekday: 3, start_hour: 14, final_task_count: 6,
 *                base_weight: 0.15, weight_max: 0.48}         and the same for image and environment
 *         all: {training_attempts_max: 2, decay_per_day: 0.0033, ...}    every other field of gdi_rules
 *
 * Names are those of core/tournament/rules.h. [any]
 */
#ifndef GDI_HOST_RULES_SETTINGS_H
#define GDI_HOST_RULES_SETTINGS_H

#include <jansson.h>

#include "core/tournament/rules.h"
#include "god/error.h"

/* The Guide's values with those of `sections` over them. GOD_E_INVALID names what is unknown or out of range. */
god_status gdi_rules_from_settings(const json_t *sections, gdi_rules *ret_rules, god_error *err);

#endif
