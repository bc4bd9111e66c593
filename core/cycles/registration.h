/* core/cycles/registration.h: one pass of the registration, as its files share it. Internal to core/cycles. [one] */
#ifndef GDI_CYCLES_REGISTRATION_H
#define GDI_CYCLES_REGISTRATION_H

#include "core/cycles/entry.h"

/* Somebody who answered in this pass, or entered in an earlier one; hotkey ascending. All texts are the step's. */
typedef struct gdi_applicant {
    const char *hotkey;
    const char *coldkey, *ip; /* of the node; NULL: it has none any more */

    /* The reply of this pass; NULL: silent, or not of the right form. */
    const char *repo, *commit, *token; /* token: sealed, or NULL */
    const json_t *requested_datasets;  /* or NULL */

    /* The entry of an earlier pass. */
    bool is_entrant;
    const char *entered_repo, *entered_commit, *entered_ip;

    /* What this pass found out. */
    bool is_wanted;   /* survived both kinds of duplicates, and has something to check */
    bool is_accepted; /* passed 8.2 */
    const char *source_digest;
} gdi_applicant;

typedef struct gdi_pass {
    uint32_t number;
    gdi_applicant *applicants;
    uint32_t count;
} gdi_pass;

/* From the replies, the nodes and the entries (applicants.c). `replies` may be NULL. */
god_status gdi_pass_read(gdi_step *step, const json_t *replies, gdi_pass *pass, god_error *err);
/* Steps 4 and 5 of 8.1, and what of 8.3 says who may change an entry: sets is_wanted (applicants.c). */
god_status gdi_pass_select(gdi_step *step, gdi_pass *pass, god_error *err);
/* 8.2: asks for the checks that are missing, takes the answers. *ret_open: one is awaited (checks.c). */
god_status gdi_pass_check(gdi_step *step, gdi_pass *pass, bool *ret_open, god_error *err);
/* 8.3: newcomers that pass are charged and entered, entries that change are changed, in order (charge.c).
 * *ret_entrants: how many there are then, the boss not counted. */
god_status gdi_pass_charge(gdi_step *step, const gdi_pass *pass, uint32_t *ret_entrants, god_error *err);
/* Section 9.1 (activation.c). */
god_status gdi_activate(gdi_step *step, uint32_t entrants, god_error *err);

#endif
