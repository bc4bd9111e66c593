/* core/tournament/history.h: what the completed tournaments of a type say about its champion. Sources: sections 1,
 * 16.1, 19.3 and 20.1.
 *
 * The list holds `completed` tournaments of one type, newest first (greatest created_at, then greatest id). Here
 * hotkeys are text, because a champion may have left the network; all texts are borrowed.
 */
#ifndef GDI_TOURNAMENT_HISTORY_H
#define GDI_TOURNAMENT_HISTORY_H

#include "core/tournament/entrant.h"

typedef struct gdi_past {
    const char *winner_hotkey;      /* the burn hotkey after a defence; NULL: none recorded */
    const char *base_winner_hotkey; /* the champion that defended; NULL: there was none */
    int64_t completed_us;
    double winning_performance_difference; /* GDI_NO_VALUE when null */
} gdi_past;

/* The champion of one record: its winner, or, when that is the burn hotkey, its base winner. NULL: no champion; the
 * burn hotkey then takes the champion's place, with a performance difference of 0 and neither boost nor decay. */
const char *gdi_past_champion(const gdi_past *past, const char *burn_hotkey);

/* Records from the newest on that `champion` won, itself or by a defence of the burn hotkey; stops at the first miss.
 * The champion asked for is base_winner_hotkey of the running tournament, the burn hotkey when that is NULL. */
uint32_t gdi_consecutive_wins(const gdi_past *newest_first, uint32_t count, const char *champion,
                              const char *burn_hotkey);

/* The record in which the present champion's reign began: the newest whose winner is the champion itself, or the newest
 * of all when there is none. count >= 1. */
const gdi_past *gdi_reign_start(const gdi_past *newest_first, uint32_t count, const char *burn_hotkey);

/* The performance difference that counts for emissions: that of the newest record the champion won itself. 0 when it is
 * null or absent, or when there is no champion. A defence never changes it. count may be 0. */
double gdi_reign_performance(const gdi_past *newest_first, uint32_t count, const char *burn_hotkey);

#endif
