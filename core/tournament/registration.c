#include "core/tournament/registration.h"

#include <string.h>

#include "core/tournament/ascii.h"
#include "core/tournament/sort.h"

/* By group text, then by place, so that a group stands together in its own order. Keys without text come first. */
static bool key_before(const gdi_registration_key *a, const gdi_registration_key *b)
{
    if (a->text != NULL && b->text != NULL) {
        size_t common = a->length < b->length ? a->length : b->length;
        int order = gdi_ascii_compare(a->text, b->text, common);
        if (order != 0) {
            return order < 0;
        }
        if (a->length != b->length) {
            return a->length < b->length;
        }
    } else if (a->text != NULL || b->text != NULL) {
        return a->text == NULL;
    }
    return a->place < b->place;
}

/* By the place where the group first appeared; `length` holds it in the second half of the work. */
static bool survivor_before(const gdi_registration_key *a, const gdi_registration_key *b)
{
    bool a_grouped = a->text != NULL, b_grouped = b->text != NULL;
    if (a_grouped != b_grouped) {
        return !a_grouped;
    }
    return a->length < b->length || (a->length == b->length && a->place < b->place);
}

GDI_DEFINE_SORT(sort_keys, gdi_registration_key, key_before)
GDI_DEFINE_SORT(sort_survivors, gdi_registration_key, survivor_before)

static bool same_group(const gdi_registration_key *a, const gdi_registration_key *b)
{
    return a->text != NULL && b->text != NULL && a->length == b->length &&
           gdi_ascii_compare(a->text, b->text, a->length) == 0;
}

/* Which of keys[first .. end) may stay: writes them to keys[kept ..) and returns the new `kept`. */
static uint32_t keep_of_group(const gdi_candidate *candidates, const uint32_t *order, gdi_registration_key *keys,
                              uint32_t first, uint32_t end, uint32_t kept)
{
    uint32_t appeared = keys[first].place, best = first;
    bool any_entered = false;
    for (uint32_t i = first; i < end; i++) {
        const gdi_candidate *candidate = &candidates[order[keys[i].place]];
        any_entered |= candidate->entered;
        if (candidate->has_token && !candidates[order[keys[best].place]].has_token) {
            best = i;
        }
    }
    gdi_registration_key best_key = keys[best];
    best_key.length = appeared;
    if (!any_entered) {
        keys[kept] = best_key;
        return kept + 1;
    }
    for (uint32_t i = first; i < end; i++) {
        if (candidates[order[keys[i].place]].entered) {
            keys[kept] = keys[i];
            keys[kept++].length = appeared;
        }
    }
    return kept;
}

static uint32_t one_per_group(const gdi_candidate *candidates, uint32_t *order, uint32_t count,
                              gdi_registration_key *keys)
{
    sort_keys(keys, count);
    uint32_t kept = 0;
    for (uint32_t first = 0; first < count;) {
        uint32_t end = first + 1;
        while (end < count && same_group(&keys[first], &keys[end])) {
            end++;
        }
        kept = keep_of_group(candidates, order, keys, first, end, kept);
        first = end;
    }
    sort_survivors(keys, kept);
    for (uint32_t i = 0; i < kept; i++) {
        keys[i].place = order[keys[i].place];
    }
    for (uint32_t i = 0; i < kept; i++) {
        order[i] = keys[i].place;
    }
    return kept;
}

size_t gdi_github_owner(const char *github_repo, const char **ret_owner)
{
    static const char host[] = "github.com/";
    const size_t host_length = sizeof host - 1;
    size_t length = strlen(github_repo), at = 0;
    while (at + host_length <= length && gdi_ascii_compare(github_repo + at, host, host_length) != 0) {
        at++;
    }
    if (at + host_length > length) {
        return 0;
    }
    const char *owner = github_repo + at + host_length;
    owner += strspn(owner, "/");
    size_t owner_length = strcspn(owner, "/");
    const char *second = owner + owner_length;
    second += strspn(second, "/");
    if (owner_length == 0 || *second == '\0') {
        return 0;
    }
    *ret_owner = owner;
    return owner_length;
}

uint32_t gdi_one_per_ip(const gdi_candidate *candidates, uint32_t *order, uint32_t count, gdi_registration_key *keys)
{
    for (uint32_t i = 0; i < count; i++) {
        const char *ip = candidates[order[i]].ip;
        keys[i] = (gdi_registration_key){.text = ip, .length = strlen(ip), .place = i};
    }
    return one_per_group(candidates, order, count, keys);
}

uint32_t gdi_one_per_account(const gdi_candidate *candidates, uint32_t *order, uint32_t count,
                             gdi_registration_key *keys)
{
    for (uint32_t i = 0; i < count; i++) {
        keys[i] = (gdi_registration_key){.text = NULL, .place = i};
        const char *owner = NULL;
        size_t length = gdi_github_owner(candidates[order[i]].github_repo, &owner);
        if (length > 0) {
            keys[i].text = owner;
            keys[i].length = length;
        }
    }
    return one_per_group(candidates, order, count, keys);
}

static bool listed(const char *name, const char *const *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(name, list[i]) == 0) {
            return true;
        }
    }
    return false;
}

uint32_t gdi_requested_datasets(const gdi_rules *rules, const char *const *requested, uint32_t requested_count,
                                const char *const *white_list, uint32_t white_list_count, uint32_t *ret_places)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < requested_count && kept < rules->requested_datasets_max; i++) {
        bool again = listed(requested[i], requested, i);
        if (!again && listed(requested[i], white_list, white_list_count)) {
            ret_places[kept++] = i;
        }
    }
    return kept;
}

gdi_registration_end gdi_registration_finish(const gdi_rules *rules, uint32_t tournament_type, uint32_t entrant_count,
                                             int64_t now_us)
{
    if (entrant_count >= gdi_rules_of(rules, tournament_type)->field_min) {
        return (gdi_registration_end){.activate = true};
    }
    return (gdi_registration_end){.next_attempt_us = now_us + rules->registration_wait_us};
}
