#include "core/simulation/setting.h"

#include "core/tournament/calendar.h"

static const char *const environments[] = {"gin_rummy", "intercode", "leduc_poker", "liars_dice", NULL};
static const char *const environment_models[] = {
    "NousResearch/Hermes-3-Llama-3.2-3B", "Qwen/Qwen2-7B-Instruct",
    "Qwen/Qwen2.5-3B-Instruct",           "Qwen/Qwen2.5-7B-Instruct",
    "Qwen/Qwen3-4B-Instruct-2507",        "codellama/CodeLlama-7b-Instruct-hf",
    "unsloth/Llama-3.2-3B-Instruct",      NULL};
static const char *const white_list[] = {"tatsu-lab/alpaca", "yahma/alpaca-cleaned", NULL};

const char *gdi_setting_burn_hotkey(void)
{
    return "5GU4Xkd3dCGTU3s8VLcHGc5wsD5M8XyxDca5yDQhYm1mVXFu";
}

int64_t gdi_setting_start_us(void)
{
    int64_t start_us = 0;
    (void)gdi_time_parse("2026-06-18T13:00:00Z", &start_us);
    return start_us;
}

uint32_t gdi_setting_honest(const gdi_rules *rules)
{
    uint32_t most = 0;
    for (uint32_t type = 1; type <= GDI_TYPE_COUNT; type++) {
        uint32_t field_min = gdi_rules_of(rules, type)->field_min;
        most = field_min > most ? field_min : most;
    }
    return most;
}

gdi_cycles_options gdi_setting_cycles(const gdi_rules *rules, const gdi_task_kinds *kinds)
{
    return (gdi_cycles_options){
        .rules = rules,
        .kinds = kinds,
        .burn_hotkey = gdi_setting_burn_hotkey(),
        .netuid = 56,
        .default_repository = "https://github.com/rayonlabs/G.O.D",
        .default_commit = "8631451156e2915070f77e5547ca0d5ed3d0eb8a",
        .types_enabled = 1u << GDI_TEXT | 1u << GDI_IMAGE | 1u << GDI_ENVIRONMENT,
        .auto_complete = 1,
        .publish = 1,
        .review_with_reader = 1,
        .environments = environments,
        .environment_models = environment_models,
        .environment_target_model = "Qwen/Qwen2.5-7B-Instruct",
        .dataset_white_list = white_list,
        .collection_address = "5Ef5JgNv14LY4UEQFHbRQkf8TnegDV3AfAbcsJe5T2w6VQdo",
        /* Rarer than in production: what they do is the same, and they are most of the work of a quiet week. */
        .nodes_period_us = 12 * GDI_HOUR_US,
        .transfers_period_us = 6 * GDI_HOUR_US,
        .weights_period_us = 24 * GDI_HOUR_US,
    };
}

typedef struct stock {
    const gdi_people *people;
    const gdi_task_kinds *kinds;
} stock;

/* A task that every new champion repeats (18.3), as an operator put it there. */
static god_status add_benchmark(gdi_db *db, const char *task_id, const char *task_type, int64_t now_us, god_error *err)
{
    GOD_TRY(GDI_RUN(db, NULL, err,
                    "INSERT INTO tasks (task_id, task_type, status, model_id, ds, hours_to_complete, "
                    "model_params_count, training_data, test_data, created_at, updated_at) "
                    "VALUES ($1, $2, 'success', 'simulated/model', 'simulated/data', 1, 1000000000, "
                    "'s3://simulated/train.json', 's3://simulated/test.json', $3, $3) ON CONFLICT DO NOTHING",
                    gdi_text(task_id), gdi_text(task_type), gdi_time(now_us)));
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO benchmark_root_tasks (task_id, task_type, created_at) VALUES ($1, $2, $3) "
                   "ON CONFLICT DO NOTHING",
                   gdi_text(task_id), gdi_text(task_type), gdi_time(now_us));
}

/* One for each type of tournament: of the kind that its groups have. */
static god_status add_benchmarks(gdi_db *db, const stock *s, god_error *err)
{
    for (uint32_t type = 1; type <= GDI_TYPE_COUNT; type++) {
        const gdi_named_task_kind *kinds[GDI_TASK_KINDS_MAX];
        uint32_t count = gdi_task_kinds_of_type(s->kinds, type, kinds);
        for (uint32_t i = 0; i < count; i++) {
            char task_id[64];
            (void)snprintf(task_id, sizeof task_id, "00000000-0000-4000-8000-%08u%04u", type, i);
            if (kinds[i]->mix.group_count > 0 && kinds[i]->games == 0) { /* games need opponents */
                GOD_TRY(add_benchmark(db, task_id, kinds[i]->task_type, s->people->start_us, err));
            }
        }
    }
    return GOD_OK;
}

static god_status stock_in(gdi_db *db, void *user, god_error *err)
{
    const stock *s = user;
    const gdi_people *people = s->people;
    GOD_TRY(add_benchmarks(db, s, err));
    for (uint32_t i = 0; i < people->trainer_count; i++) {
        for (int64_t gpu = 0; gpu < GDI_TRAINER_GPUS; gpu++) {
            GOD_TRY(GDI_RUN(db, NULL, err,
                            "INSERT INTO trainers_gpus (trainer_ip, gpu_id, gpu_type, vram_gb, used_until, created_at, "
                            "updated_at) VALUES ($1, $2, $3, $4, NULL, $5, $5) ON CONFLICT DO NOTHING",
                            gdi_text(people->trainers[i]), gdi_int(gpu), gdi_text("H100"), gdi_int(80),
                            gdi_time(people->start_us)));
        }
    }
    return GOD_OK;
}

god_status gdi_setting_stock(gdi_db *db, const gdi_people *people, const gdi_task_kinds *kinds, god_error *err)
{
    stock s = {.people = people, .kinds = kinds};
    return gdi_db_transact(db, stock_in, &s, err);
}
