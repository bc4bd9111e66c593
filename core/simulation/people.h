/* core/simulation/people.h: who lives in the virtual world: miners with their habits and money, trainers with GPUs.
 *
 * Everything here follows from the seed; what changes with time (who is registered, which commit is published, what was
 * paid) is a pure function of seed and moment. Texts are the object's own and live as long as it does. [one]
 */
#ifndef GDI_SIMULATION_PEOPLE_H
#define GDI_SIMULATION_PEOPLE_H

#include <stdbool.h>

#include "god/error.h"

/* What a miner does wrong. The first field_min miners do nothing that keeps them out for good, so that tournaments come
 * about; among the others each habit is as likely as the next, and with faults 0 nobody has one. */
enum {
    GDI_HABIT_NONE = 0,
    GDI_HABIT_BAD_LICENCE,   /* check_repository refuses it */
    GDI_HABIT_BRANCH_NAME,   /* "main" for a commit */
    GDI_HABIT_SAME_COMMIT,   /* as another miner */
    GDI_HABIT_SAME_SOURCE,   /* under another commit */
    GDI_HABIT_SAME_IP,       /* as another miner */
    GDI_HABIT_SAME_ACCOUNT,  /* on GitHub */
    GDI_HABIT_SAME_COLDKEY,  /* two draw on one balance that covers one fee */
    GDI_HABIT_PENNILESS,     /* pays too little */
    GDI_HABIT_PAYS_LATE,     /* some hours after registration began */
    GDI_HABIT_SILENT,        /* its server never answers */
    GDI_HABIT_ANSWERS_TWICE, /* two replies, two repositories */
    GDI_HABIT_LEAVES,        /* deregisters half way */
    GDI_HABIT_COUNT
};

enum { GDI_PEOPLE_MINERS_MAX = 4096, GDI_PEOPLE_TRAINERS_MAX = 6, GDI_TRAINER_GPUS = 8 };

typedef struct gdi_miner {
    char hotkey[49], coldkey[49];
    char ip[16], repo[96];
    uint32_t number;               /* its place among the miners */
    uint32_t habit, other;         /* the miner whom it imitates */
    double skill;                  /* standard normal; higher is better at everything */
    int64_t leaves_us, returns_us; /* INT64_MAX: never */
} gdi_miner;

typedef struct gdi_people {
    uint64_t seed;
    double faults; /* 0 to 1 */
    int64_t start_us;
    const char *burn_hotkey; /* borrowed */
    uint32_t honest_count;   /* so many do nothing wrong for good */
    gdi_miner *miners;       /* own; in no particular order of hotkeys */
    uint32_t miner_count;
    char trainers[GDI_PEOPLE_TRAINERS_MAX][16]; /* addresses, ascending */
    uint32_t trainer_count;                     /* 2, where work waits for GPUs, to the most */
} gdi_people;

typedef struct gdi_people_options {
    uint64_t seed;
    uint32_t miner_count, honest_count;
    double faults;
    int64_t start_us;
    const char *burn_hotkey; /* borrowed for the object's life */
} gdi_people_options;

god_status gdi_people_init(gdi_people *people, const gdi_people_options *options, god_error *err);
void gdi_people_fini(gdi_people *people); /* accepts a zeroed one */

const gdi_miner *gdi_people_find(const gdi_people *people, const char *hotkey); /* NULL: nobody of that name */
bool gdi_miner_is_registered(const gdi_miner *miner, int64_t now_us);
/* The commit that a miner publishes for a tournament type: a new one each week; 41 bytes. */
void gdi_miner_commit(const gdi_people *people, const gdi_miner *miner, const char *type, int64_t now_us,
                      char ret_commit[41]);

/* One deposit of a coldkey. */
typedef struct gdi_deposit {
    char id[40];
    const char *coldkey;
    int64_t paid_us, amount_rao;
} gdi_deposit;
enum { GDI_DEPOSITS_MAX = 16 }; /* of one miner in one life: one to begin with and one a week */
/* What this miner has paid up to now_us, oldest first; at most GDI_DEPOSITS_MAX, later weeks are not paid. */
uint32_t gdi_miner_deposits(const gdi_people *people, const gdi_miner *miner, int64_t now_us,
                            gdi_deposit ret_deposits[GDI_DEPOSITS_MAX]);

#endif
