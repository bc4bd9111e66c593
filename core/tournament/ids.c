#include "core/tournament/ids.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/tournament/calendar.h"
#include "core/tournament/rules.h"

__attribute__((format(printf, 3, 4))) static bool write_id(char *buf, size_t cap, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = vsnprintf(buf, cap, format, args);
    va_end(args);
    if (count >= 0 && (size_t)count < cap) {
        return true;
    }
    if (cap > 0) {
        buf[0] = '\0';
    }
    return false;
}

bool gdi_tournament_id(uint64_t random, int64_t created_us, char *buf, size_t cap)
{
    return write_id(buf, cap, "tourn_%016" PRIx64 "_%08" PRIu32, random, gdi_time_yyyymmdd(created_us));
}

bool gdi_round_id(const char *tournament_id, uint32_t number, char *buf, size_t cap)
{
    return write_id(buf, cap, "%s_round_%03" PRIu32, tournament_id, number);
}

bool gdi_slot_id(const char *round_id, uint32_t slot_kind, uint32_t number, char *buf, size_t cap)
{
    assert(slot_kind == GDI_SLOT_GROUP || slot_kind == GDI_SLOT_PAIR);
    return write_id(buf, cap, "%s_%s_%03" PRIu32, round_id, slot_kind == GDI_SLOT_GROUP ? "group" : "pair", number);
}

bool gdi_output_repository(const char *tournament_id, const char *task_id, const char *hotkey, char *buf, size_t cap)
{
    return write_id(buf, cap, "tournament-%s-%s-%.8s", tournament_id, task_id, hotkey);
}

bool gdi_benchmark_repository(const char *root_task_id, const char *tournament_id, const char *hotkey, char *buf,
                              size_t cap)
{
    return write_id(buf, cap, "benchmark-%s-%s-%.8s", root_task_id, tournament_id, hotkey);
}

bool gdi_winner_repository(uint32_t type, const char *tournament_id, char *buf, size_t cap)
{
    if (!write_id(buf, cap, "god-%s-%s-position-1", gdi_type_name(type), tournament_id)) {
        return false;
    }
    for (char *at = buf; *at != '\0'; at++) {
        if (*at == '_') {
            *at = '-';
        }
    }
    return true;
}

bool gdi_duplicate_repository(uint32_t type, const char *tournament_id, const char *hotkey, char *buf, size_t cap)
{
    return write_id(buf, cap, "god-%s-%s-dedup-%.8s", gdi_type_name(type), tournament_id, hotkey);
}
