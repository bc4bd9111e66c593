#include "core/simulation/world.h"

#include "core/cycles/work.h"
#include "core/simulation/draw.h"

static const struct answerer {
    const char *kind;
    json_t *(*answer)(const gdi_world *world, const gdi_question *question);
    bool reads_payload;
} answerers[] = {
    {GDI_WORK_REFRESH_NODES, gdi_world_refresh_nodes, false},
    {GDI_WORK_READ_TRANSFERS, gdi_world_read_transfers, true},
    {GDI_WORK_SET_WEIGHTS, gdi_world_set_weights, false},
    {GDI_WORK_ASK_MINERS, gdi_world_ask_miners, true},
    {GDI_WORK_CHECK_REPOSITORY, gdi_world_check_repository, true},
    {GDI_WORK_FIND_HEAD, gdi_world_find_head, true},
    {GDI_WORK_REVIEW_DUPLICATES, gdi_world_review_duplicates, true},
    {GDI_WORK_CHOOSE_CONTENT, gdi_world_choose_content, true},
    {GDI_WORK_PREPARE_TASK, gdi_world_prepare_task, false},
    {GDI_WORK_PREPARE_MODEL, gdi_world_prepare_model, false},
    {GDI_WORK_START_TRAINING, gdi_world_start_training, false},
    {GDI_WORK_WATCH_TRAINING, gdi_world_watch_training, false},
    {GDI_WORK_REFRESH_GPUS, gdi_world_refresh_gpus, true},
    {GDI_WORK_EVALUATE, gdi_world_evaluate, true},
    {GDI_WORK_PLAY_PAIR, gdi_world_play_pair, true},
    {GDI_WORK_PLAY_ALONE, gdi_world_play_alone, true},
    {GDI_WORK_PUBLISH_REPOSITORY, gdi_world_publish_repository, true},
    {GDI_WORK_COMPARE_SOURCES, gdi_world_compare_sources, false},
    {GDI_WORK_READ_MODEL_BASE, gdi_world_read_model_base, false},
    {GDI_WORK_NOTIFY, gdi_world_notify, false},
};

bool gdi_world_happens(const gdi_world *world, const gdi_question *question, const char *what, const char *whose,
                       double probability)
{
    uint64_t job = gdi_draw(world->people->seed, question->kind, question->key, question->attempt);
    return gdi_draw_unit(job, what, whose, 0) < probability * world->people->faults;
}

const char *gdi_world_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* An answer that is JSON and nothing else: the cycles have to treat it as a failure, not to fall over it. */
static json_t *nonsense(const gdi_world *world, const gdi_question *question)
{
    switch (gdi_draw(world->people->seed, "nonsense", question->key, question->attempt) % 4) {
    case 0: return json_pack("{}");
    case 1: return json_pack("[]");
    case 2:
        return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "scores", 7, "replies", 7, "nodes", 7, "outcome", 7,
                         "status", 7, "accepted", 7);
    default: return json_pack("{s:{s:[]}, s:{}, s:s}", "scores", "nobody", "transfers", "outcome", "perhaps");
    }
}

bool gdi_world_reads_payload(const char *kind)
{
    size_t at = 0, count = sizeof answerers / sizeof *answerers;
    while (at < count && strcmp(answerers[at].kind, kind) != 0) {
        at++;
    }
    return at < count && answerers[at].reads_payload;
}

god_status gdi_world_answer(const gdi_world *world, const gdi_question *question, json_t **ret_answer, god_error *err)
{
    json_t *answer = NULL;
    size_t at = 0, count = sizeof answerers / sizeof *answerers;
    while (at < count && strcmp(answerers[at].kind, question->kind) != 0) {
        at++;
    }
    if (at == count) {
        return god_fail(err, GOD_E_UNSUPPORTED, "the world does not know jobs of kind \"%s\" (%s)", question->kind,
                        question->key);
    }
    if (gdi_world_happens(world, question, "nonsense", "", 0.05)) {
        answer = nonsense(world, question);
    } else {
        answer = answerers[at].answer(world, question);
    }
    if (answer == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the answer to %s", question->key);
    }
    *ret_answer = answer;
    return GOD_OK;
}
