/* Content of tasks, their training and what comes of it. */
#include "core/simulation/world.h"

#include <math.h>

#include "core/simulation/draw.h"
#include "god/eval.h"

static int64_t number(const json_t *object, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? (int64_t)json_number_value(value) : otherwise;
}

json_t *gdi_world_choose_content(const gdi_world *world, const gdi_question *question)
{
    uint64_t seed = world->people->seed;
    int64_t lowest = number(question->payload, "params_min", 100000000);
    int64_t highest = number(question->payload, "params_max", 4000000000);
    int64_t params = gdi_draw_range(seed, "params", question->key, 0, lowest, highest > lowest ? highest : lowest);
    char model[64], dataset[64];
    (void)snprintf(model, sizeof model, "simulated/model-%04x",
                   (unsigned)(gdi_draw(seed, "model", question->key, 0) & 0xffff));
    (void)snprintf(dataset, sizeof dataset, "simulated/data-%04x",
                   (unsigned)(gdi_draw(seed, "data", question->key, question->attempt) & 0xffff));
    return json_pack("{s:s, s:s, s:I, s:I, s:{}}", "model_id", model, "ds", dataset, "model_params_count",
                     (json_int_t)params, "rows",
                     (json_int_t)gdi_draw_range(seed, "rows", question->key, 0, 20000, 500000), "fields");
}

json_t *gdi_world_prepare_task(const gdi_world *world, const gdi_question *question)
{
    uint64_t seed = world->people->seed;
    int64_t p50 = gdi_draw_range(seed, "p50", question->key, 0, 100, 1200);
    return json_pack("{s:s, s:s, s:I, s:I, s:I}", "training_data", "s3://simulated/train.json", "test_data",
                     "s3://simulated/test.json", "rows",
                     (json_int_t)gdi_draw_range(seed, "rows", question->key, 0, 20000, 500000), "p50", (json_int_t)p50,
                     "p95", (json_int_t)(p50 + gdi_draw_range(seed, "p95", question->key, 0, 0, 1500)));
}

json_t *gdi_world_prepare_model(const gdi_world *world, const gdi_question *question)
{
    return json_pack("{s:{s:I}}", "baseline_stats", "loss_milli",
                     (json_int_t)gdi_draw_range(world->people->seed, "baseline", question->key, 0, 500, 3000));
}

json_t *gdi_world_start_training(const gdi_world *world, const gdi_question *question)
{
    if (gdi_world_happens(world, question, "start fails", "", 0.3)) {
        return json_pack("{s:s, s:s}", "outcome", "failed", "message", "busy");
    }
    if (gdi_world_happens(world, question, "no retry", "", 0.1)) {
        return json_pack("{s:s, s:s}", "outcome", "no_retry", "message", "clone failed");
    }
    return json_pack("{s:s, s:s}", "outcome", "accepted", "message", "Started Training!");
}

json_t *gdi_world_watch_training(const gdi_world *world, const gdi_question *question)
{
    bool failed = gdi_world_happens(world, question, "training fails", "", 0.5);
    return json_pack("{s:s, s:s}", "status", failed ? "failure" : "success", "message", failed ? "exit code 1" : "");
}

/* A trainer knows what it runs. It may call a free GPU busy, but never lends one twice. */
static json_t *gpu(const gdi_world *world, const gdi_question *question, const char *ip, int id)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%.40s#%d", ip, id);
    bool busy = json_is_true(json_object_get(question->busy, name)) ||
                gdi_world_happens(world, question, "busy for nobody", name, 0.05);
    return json_pack("{s:i, s:s, s:i, s:b}", "gpu_id", id, "gpu_type", "H100", "vram_gb", 80, "available", !busy);
}

json_t *gdi_world_refresh_gpus(const gdi_world *world, const gdi_question *question)
{
    const json_t *asked = json_object_get(question->payload, "trainers"), *trainer;
    json_t *trainers = json_array();
    int failed = trainers == NULL;
    size_t i;
    json_array_foreach(asked, i, trainer)
    {
        const char *ip = json_string_value(trainer);
        json_t *gpus = NULL;
        if (ip == NULL) {
            continue;
        }
        if (gdi_world_happens(world, question, "trainer is silent", ip, 0.2)) {
            gpus = json_null();
        } else {
            gpus = json_array();
            for (int id = 0; id < GDI_TRAINER_GPUS; id++) {
                failed |= json_array_append_new(gpus, gpu(world, question, ip, id));
            }
        }
        failed |= json_array_append_new(trainers, json_pack("{s:s, s:o}", "trainer_ip", ip, "gpus", gpus));
    }
    if (failed) {
        json_decref(trainers);
        return NULL;
    }
    return json_pack("{s:o}", "trainers", trainers);
}

/* What a submission is worth on one task: the miner's skill and the day's luck. The boss has no miner; its repository
 * stands for it. */
static double quality(const gdi_world *world, const char *task, const char *hotkey)
{
    const gdi_miner *miner = gdi_people_find(world->people, hotkey);
    double skill = miner != NULL ? miner->skill : gdi_draw_normal(world->people->seed, "boss skill", "", 0);
    return skill + 0.5 * gdi_draw_normal(world->people->seed, task, hotkey, 0);
}

/* Three digits, so that equal values come up. */
static double test_value(const gdi_world *world, const gdi_question *question, const char *hotkey)
{
    const char *type = gdi_world_text(question->payload, "task_type");
    const gdi_named_task_kind *kind = gdi_task_kind_of(world->kinds, type);
    double worth = quality(world, gdi_world_text(question->payload, "task_id"), hotkey);
    double value = kind != NULL && kind->direction == GOD_HIGHER_WINS ? 0.4 + 0.2 * worth : 1.5 * exp(-0.1 * worth);
    return rint(value * 1000) / 1000;
}

static json_t *score(const gdi_world *world, const gdi_question *question, const char *hotkey)
{
    if (gdi_world_happens(world, question, "evaluation fails", hotkey, 0.3)) {
        return json_pack("{s:s, s:s}", "status", "failed", "message", "cannot load the adapter");
    }
    if (gdi_world_happens(world, question, "not finetuned", hotkey, 0.1)) {
        return json_pack("{s:s}", "status", "not_finetuned");
    }
    if (gdi_world_happens(world, question, "not a number", hotkey, 0.2)) {
        return json_pack("{s:s, s:n}", "status", "ok", "test_loss");
    }
    double value = test_value(world, question, hotkey);
    return json_pack("{s:s, s:f, s:f}", "status", "ok", "test_loss", value, "synth_loss", value);
}

json_t *gdi_world_evaluate(const gdi_world *world, const gdi_question *question)
{
    const json_t *submissions = json_object_get(question->payload, "submissions"), *submission;
    json_t *scores = json_object();
    int failed = scores == NULL;
    size_t i;
    json_array_foreach(submissions, i, submission)
    {
        const char *hotkey = gdi_world_text(submission, "hotkey");
        if (!gdi_world_happens(world, question, "left out", hotkey, 0.1)) {
            failed |= json_object_set_new(scores, hotkey, score(world, question, hotkey));
        }
    }
    if (gdi_world_happens(world, question, "score of a stranger", "", 0.2)) {
        failed |= json_object_set_new(scores, "5Stranger", json_pack("{s:s, s:f}", "status", "ok", "test_loss", 0.1));
    }
    if (failed) {
        json_decref(scores);
        return NULL;
    }
    return json_pack("{s:o}", "scores", scores);
}

/* An entrant of a pair: a hotkey, or an object that has one. */
static const char *player(const gdi_question *question, const char *key)
{
    const json_t *value = json_object_get(question->payload, key);
    return json_is_object(value)   ? gdi_world_text(value, "hotkey")
           : json_is_string(value) ? json_string_value(value)
                                   : "";
}

json_t *gdi_world_play_pair(const gdi_world *world, const gdi_question *question)
{
    const char *environment = gdi_world_text(question->payload, "environment_name");
    int64_t games = number(question->payload, "games", 100);
    double a = quality(world, environment, player(question, "a")),
           b = quality(world, environment, player(question, "b"));
    int64_t draws = gdi_draw_range(world->people->seed, "draws", question->key, 0, 0, games / 2);
    int64_t decided = games - draws;
    int64_t a_wins = (int64_t)rint((double)decided / (1.0 + exp(b - a)));
    if (gdi_draw(world->people->seed, "even", question->key, 0) % 8 == 0) {
        a_wins = decided / 2;
        draws += decided % 2;
        decided -= decided % 2;
    }
    return json_pack("{s:I, s:I, s:I}", "model_a_wins", (json_int_t)a_wins, "model_b_wins",
                     (json_int_t)(decided - a_wins), "draws", (json_int_t)draws);
}

json_t *gdi_world_play_alone(const gdi_world *world, const gdi_question *question)
{
    const char *environment = gdi_world_text(question->payload, "environment_name");
    const char *hotkey = player(question, "hotkey");
    double worth = quality(world, environment, *hotkey != '\0' ? hotkey : player(question, "a"));
    return json_pack("{s:f}", "score", rint(1000.0 / (1.0 + exp(-worth))) / 1000);
}
