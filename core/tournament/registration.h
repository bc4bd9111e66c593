/* core/tournament/registration.h: who of those that answered may enter, and when the field is complete.
 * Source: section 8.1.
 *
 * Candidates come in the order of the pass: hotkey ascending. Two kinds of duplicates are dropped, first by IP, then by
 * GitHub account. Of a group one survives: the first with a token, or the first of all when none has one. Entrants of
 * an earlier pass (already charged) keep their IP and their account: they survive, and newcomers of their group do not.
 */
#ifndef GDI_TOURNAMENT_REGISTRATION_H
#define GDI_TOURNAMENT_REGISTRATION_H

#include "core/tournament/entrant.h"
#include "core/tournament/rules.h"

typedef struct gdi_candidate {
    const char *ip; /* compared as text; the port plays no part */
    const char *github_repo;
    bool has_token; /* a token that passed the GitHub check; one that failed counts as none (8.1, step 3) */
    bool entered;   /* charged in an earlier pass */
} gdi_candidate;

/* The account of a repository address, as a piece of `github_repo`: the first path segment after "github.com/" (found
 * without regard to case) when at least two non-empty segments follow it. Returns its length, 0 when there is none. */
size_t gdi_github_owner(const char *github_repo, const char **ret_owner);

/* Room that the two functions below need: one per candidate. */
typedef struct gdi_registration_key {
    const char *text; /* NULL: belongs to no group */
    size_t length;
    uint32_t place;
} gdi_registration_key;

/* `order` lists `count` places in candidates[] and receives the places of the survivors, in the order in which their
 * groups first appeared. Returns how many survive. n log n. */
uint32_t gdi_one_per_ip(const gdi_candidate *candidates, uint32_t *order, uint32_t count, gdi_registration_key *keys);
/* The same by lower-cased account. Candidates without an account all survive and come first. */
uint32_t gdi_one_per_account(const gdi_candidate *candidates, uint32_t *order, uint32_t count,
                             gdi_registration_key *keys);

/* requested_datasets: the white-listed names in the order asked for, at most rules->requested_datasets_max. Repeated
 * names count once. `ret_places` has room for that many places in requested[]. Returns how many. */
uint32_t gdi_requested_datasets(const gdi_rules *rules, const char *const *requested, uint32_t requested_count,
                                const char *const *white_list, uint32_t white_list_count, uint32_t *ret_places);

/* The end of a pass: activate, or try again later. `entrant_count` does not include the boss. */
typedef struct gdi_registration_end {
    bool activate;
    int64_t next_attempt_us; /* when not */
} gdi_registration_end;
gdi_registration_end gdi_registration_finish(const gdi_rules *rules, uint32_t tournament_type, uint32_t entrant_count,
                                             int64_t now_us);

#endif
