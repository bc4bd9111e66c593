#include "core/simulation/people.h"

#include <stdlib.h>

#include "core/simulation/draw.h"
#include "core/tournament/calendar.h"

static const char base58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
static const char hex[] = "0123456789abcdef";

/* Habits that keep a miner out of at least one tournament, for good or for a while. */
static uint32_t draw_habit(const gdi_people *people, const gdi_miner *miner)
{
    if (gdi_draw_unit(people->seed, "has habit", miner->hotkey, 0) >= people->faults * 2) {
        return GDI_HABIT_NONE;
    }
    if (miner->number < people->honest_count) {
        return gdi_draw(people->seed, "habit", miner->hotkey, 0) % 2 == 0 ? GDI_HABIT_PAYS_LATE
                                                                          : GDI_HABIT_ANSWERS_TWICE;
    }
    return (uint32_t)gdi_draw_range(people->seed, "habit", miner->hotkey, 0, 1, GDI_HABIT_COUNT - 1);
}

static void imitate(const gdi_people *people, gdi_miner *miner)
{
    if (miner->number == 0) {
        return;
    }
    miner->other = (uint32_t)gdi_draw_range(people->seed, "imitates", miner->hotkey, 0, 0, (int64_t)miner->number - 1);
    const gdi_miner *other = &people->miners[miner->other];
    const char *name = strrchr(miner->repo, '/') + 1;
    if (miner->habit == GDI_HABIT_SAME_IP) {
        (void)memcpy(miner->ip, other->ip, sizeof miner->ip);
    } else if (miner->habit == GDI_HABIT_SAME_COLDKEY) {
        (void)memcpy(miner->coldkey, other->coldkey, sizeof miner->coldkey);
    } else if (miner->habit == GDI_HABIT_SAME_ACCOUNT) {
        char repo[sizeof miner->repo];
        int owner_end = (int)(strrchr(other->repo, '/') - other->repo);
        (void)snprintf(repo, sizeof repo, "%.*s/%.16s-b", owner_end, other->repo, name);
        (void)memcpy(miner->repo, repo, sizeof repo);
    }
}

static void make_miner(const gdi_people *people, uint32_t number, gdi_miner *miner)
{
    char owner[13], name[9];
    *miner = (gdi_miner){.number = number, .leaves_us = INT64_MAX, .returns_us = INT64_MAX};
    miner->hotkey[0] = miner->coldkey[0] = '5';
    gdi_draw_text(people->seed, "hotkey", "", number, base58, 47, miner->hotkey + 1);
    gdi_draw_text(people->seed, "coldkey", "", number, base58, 47, miner->coldkey + 1);
    gdi_draw_text(people->seed, "owner", miner->hotkey, 0, hex, sizeof owner - 1, owner);
    gdi_draw_text(people->seed, "name", miner->hotkey, 0, hex, sizeof name - 1, name);
    (void)snprintf(miner->ip, sizeof miner->ip, "10.%u.%u.%u", number >> 14 & 255, number >> 6 & 255,
                   (number & 63) + 1);
    (void)snprintf(miner->repo, sizeof miner->repo, "https://github.com/m%s/t%s", owner, name);
    miner->skill = gdi_draw_normal(people->seed, "skill", miner->hotkey, 0);
    miner->habit = draw_habit(people, miner);
    imitate(people, miner);
    if (miner->habit == GDI_HABIT_LEAVES) {
        miner->leaves_us =
            people->start_us + gdi_draw_range(people->seed, "leaves", miner->hotkey, 0, 2, 60) * GDI_HOUR_US;
        if (gdi_draw(people->seed, "returns", miner->hotkey, 0) % 2 == 0) {
            miner->returns_us = miner->leaves_us + 12 * GDI_HOUR_US;
        }
    }
}

god_status gdi_people_init(gdi_people *people, const gdi_people_options *options, god_error *err)
{
    *people = (gdi_people){.seed = options->seed,
                           .faults = options->faults,
                           .start_us = options->start_us,
                           .burn_hotkey = options->burn_hotkey,
                           .honest_count = options->honest_count,
                           .miner_count = options->miner_count};
    people->miners = calloc(options->miner_count + 1u, sizeof *people->miners);
    if (people->miners == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %u miners", options->miner_count);
    }
    for (uint32_t i = 0; i < people->miner_count; i++) {
        make_miner(people, i, &people->miners[i]);
    }
    people->trainer_count = (uint32_t)gdi_draw_range(people->seed, "trainers", "", 0, 2, GDI_PEOPLE_TRAINERS_MAX);
    for (uint32_t i = 0; i < people->trainer_count; i++) {
        (void)snprintf(people->trainers[i], sizeof people->trainers[i], "10.255.0.%u", (i + 1u) & 255u);
    }
    return GOD_OK;
}

void gdi_people_fini(gdi_people *people)
{
    free(people->miners);
    *people = (gdi_people){0};
}

const gdi_miner *gdi_people_find(const gdi_people *people, const char *hotkey)
{
    for (uint32_t i = 0; hotkey != NULL && i < people->miner_count; i++) {
        if (strcmp(people->miners[i].hotkey, hotkey) == 0) {
            return &people->miners[i];
        }
    }
    return NULL;
}

bool gdi_miner_is_registered(const gdi_miner *miner, int64_t now_us)
{
    return now_us < miner->leaves_us || now_us >= miner->returns_us;
}

void gdi_miner_commit(const gdi_people *people, const gdi_miner *miner, const char *type, int64_t now_us,
                      char ret_commit[41])
{
    if (miner->habit == GDI_HABIT_BRANCH_NAME) {
        (void)snprintf(ret_commit, 41, "main");
        return;
    }
    const gdi_miner *author = miner->habit == GDI_HABIT_SAME_COMMIT ? &people->miners[miner->other] : miner;
    uint64_t week = (uint64_t)((now_us - people->start_us) / (7 * GDI_DAY_US));
    uint64_t type_letter = (uint64_t)(unsigned char)type[0];
    gdi_draw_text(people->seed, "commit", author->hotkey, week * 256 + type_letter, hex, 40, ret_commit);
}

/* Enough for the fees of a week, unless the habit is another one. */
static int64_t deposit_rao(const gdi_people *people, const gdi_miner *miner, uint32_t number)
{
    switch (miner->habit) {
    case GDI_HABIT_PENNILESS: return 50000000;
    case GDI_HABIT_SAME_COLDKEY: return 1;
    default: return 1200000000 + gdi_draw_range(people->seed, "deposit", miner->hotkey, number, 0, 300000000);
    }
}

uint32_t gdi_miner_deposits(const gdi_people *people, const gdi_miner *miner, int64_t now_us,
                            gdi_deposit ret_deposits[GDI_DEPOSITS_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < GDI_DEPOSITS_MAX; i++) {
        int64_t paid_us = people->start_us + i * 7 * GDI_DAY_US -
                          gdi_draw_range(people->seed, "paid", miner->hotkey, i, 60, 7200) * GDI_SECOND_US;
        if (miner->habit == GDI_HABIT_PAYS_LATE) {
            paid_us += gdi_draw_range(people->seed, "late", miner->hotkey, i, 1, 20) * GDI_HOUR_US;
        }
        if (paid_us > now_us) {
            break;
        }
        gdi_deposit *deposit = &ret_deposits[count++];
        *deposit =
            (gdi_deposit){.coldkey = miner->coldkey, .paid_us = paid_us, .amount_rao = deposit_rao(people, miner, i)};
        (void)snprintf(deposit->id, sizeof deposit->id, "finney-%u-%u", miner->number, i);
    }
    return count;
}
