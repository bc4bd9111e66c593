/* Miners that are asked for their repositories, and what is found in those. */
#include "core/simulation/world.h"

#include "core/simulation/draw.h"

static const char hex[] = "0123456789abcdef";

static json_t *reply(const gdi_world *world, const gdi_question *question, const gdi_miner *miner, uint32_t number)
{
    char commit[41], other_repo[sizeof miner->repo + 2];
    const char *type = gdi_world_text(question->payload, "tournament_type");
    gdi_miner_commit(world->people, miner, *type != '\0' ? type : "text", question->answered_us, commit);
    (void)snprintf(other_repo, sizeof other_repo, "%s%s", miner->repo, number == 0 ? "" : "2");
    json_t *answer = json_pack("{s:s, s:s, s:s, s:n, s:n}", "hotkey", miner->hotkey, "github_repo", other_repo,
                               "commit_hash", commit, "github_token", "requested_datasets");
    if (answer != NULL && miner->number % 3 == 0) {
        (void)json_object_set_new(
            answer, "requested_datasets",
            json_pack("[s, s, s]", "yahma/alpaca-cleaned", "never/heard-of", "yahma/alpaca-cleaned"));
    }
    return answer;
}

json_t *gdi_world_ask_miners(const gdi_world *world, const gdi_question *question)
{
    const json_t *nodes = json_object_get(question->payload, "nodes"), *node;
    json_t *replies = json_array();
    int failed = replies == NULL;
    size_t i;
    json_array_foreach(nodes, i, node)
    {
        const gdi_miner *miner = gdi_people_find(world->people, gdi_world_text(node, "hotkey"));
        if (miner == NULL || miner->habit == GDI_HABIT_SILENT ||
            gdi_world_happens(world, question, "no reply", miner->hotkey, 0.5)) {
            continue;
        }
        failed |= json_array_append_new(replies, reply(world, question, miner, 0));
        if (miner->habit == GDI_HABIT_ANSWERS_TWICE) {
            failed |= json_array_append_new(replies, reply(world, question, miner, 1));
        }
    }
    if (failed) {
        json_decref(replies);
        return NULL;
    }
    return json_pack("{s:o}", "replies", replies);
}

static const gdi_miner *find_by_repo(const gdi_world *world, const char *repo)
{
    for (uint32_t i = 0; i < world->people->miner_count; i++) {
        const gdi_miner *miner = &world->people->miners[i];
        if (strncmp(miner->repo, repo, strlen(miner->repo)) == 0) {
            return miner;
        }
    }
    return NULL;
}

/* The digest of a source: its commit's, or, for a copyist, that of the other one's commit. */
static void source_digest(const gdi_world *world, const gdi_miner *miner, const char *commit, char ret_digest[65])
{
    bool copies = miner != NULL && miner->habit == GDI_HABIT_SAME_SOURCE;
    gdi_draw_text(world->people->seed, "source", copies ? world->people->miners[miner->other].repo : commit, 0, hex, 64,
                  ret_digest);
    if (miner != NULL && !copies && miner->habit == GDI_HABIT_NONE) {
        /* The original of a copy has the digest that the copyist took. */
        for (uint32_t i = 0; i < world->people->miner_count; i++) {
            const gdi_miner *other = &world->people->miners[i];
            if (other->habit == GDI_HABIT_SAME_SOURCE && other->other == miner->number) {
                gdi_draw_text(world->people->seed, "source", miner->repo, 0, hex, 64, ret_digest);
            }
        }
    }
}

json_t *gdi_world_check_repository(const gdi_world *world, const gdi_question *question)
{
    const char *commit = gdi_world_text(question->payload, "commit_hash");
    const gdi_miner *miner = find_by_repo(world, gdi_world_text(question->payload, "github_repo"));
    char digest[65];
    source_digest(world, miner, commit, digest);
    if (miner != NULL && miner->habit == GDI_HABIT_BAD_LICENCE) {
        return json_pack("{s:b, s:s, s:s}", "accepted", 0, "reason", "LICENSE differs", "source_digest", digest);
    }
    return json_pack("{s:b, s:s, s:s}", "accepted", 1, "reason", "", "source_digest", digest);
}

json_t *gdi_world_find_head(const gdi_world *world, const gdi_question *question)
{
    char commit[41];
    gdi_draw_text(world->people->seed, "head", gdi_world_text(question->payload, "github_repo"), 0, hex, 40, commit);
    return json_pack("{s:s}", "commit_hash", commit);
}

/* A reader of two sources: copies it has seen through, and now and then it is wrong about others. */
static json_t *verdict(const gdi_world *world, const gdi_question *question, const char *a, const char *b)
{
    char pair[128];
    (void)snprintf(pair, sizeof pair, "%.50s/%.50s", a, b);
    const char *word = gdi_world_happens(world, question, "duplicate", pair, 0.1) ? "DUPLICATE"
                       : gdi_world_happens(world, question, "evasion", pair, 0.1) ? "DROP_EVASION"
                                                                                  : "DISTINCT";
    return json_pack("{s:s, s:s, s:s, s:I, s:I}", "a", a, "b", b, "verdict", word, "characters_a",
                     (json_int_t)gdi_draw_range(world->people->seed, "characters", a, 0, 1000, 1010), "characters_b",
                     (json_int_t)gdi_draw_range(world->people->seed, "characters", b, 0, 1000, 1010));
}

json_t *gdi_world_review_duplicates(const gdi_world *world, const gdi_question *question)
{
    const json_t *cohort = json_object_get(question->payload, "cohort"), *member;
    json_t *digests = json_object(), *verdicts = json_array();
    int failed = digests == NULL || verdicts == NULL;
    size_t i;
    json_array_foreach(cohort, i, member)
    {
        const char *hotkey = gdi_world_text(member, "hotkey");
        char digest[65];
        source_digest(world, gdi_people_find(world->people, hotkey), gdi_world_text(member, "commit_hash"), digest);
        bool cloned = !gdi_world_happens(world, question, "not cloned", hotkey, 0.1);
        failed |= json_object_set_new(digests, hotkey, cloned ? json_string(digest) : json_null());
        for (size_t k = 0; k < i && json_is_true(json_object_get(question->payload, "read")); k++) {
            const char *other = gdi_world_text(json_array_get(cohort, k), "hotkey");
            failed |= json_array_append_new(verdicts, verdict(world, question, other, hotkey));
        }
    }
    if (failed) {
        json_decref(digests);
        json_decref(verdicts);
        return NULL;
    }
    return json_pack("{s:o, s:o}", "digests", digests, "verdicts", verdicts);
}
