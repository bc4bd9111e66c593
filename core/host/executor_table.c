#include "core/host/executor_table.h"

#include <stdlib.h>

#include "core/cycles/work.h"

static const char *no_nodes(const gdi_config *config)
{
    const char *source = config->tournament_nodes;
    uint32_t is_source = source[0] == '/' || strncmp(source, "http://", 7) == 0 || strncmp(source, "https://", 8) == 0;
    return is_source ? NULL : "\"tournament.nodes\" of god.yaml names no absolute path and no http address";
}

static const char *no_wallet(const gdi_config *config)
{
    return config->identity_wallet_path[0] == '\0'
               ? "requests to miners must be signed, and \"identity.wallet_path\" of god.yaml names no hotkey"
               : NULL;
}

static const char *no_chain(const gdi_config *config)
{
    (void)config;
    return "this host has no connection to a chain; somebody else must execute it";
}

static const char *no_content(const gdi_config *config)
{
    return config->tournament_content_file[0] == '\0'
               ? "\"tournament.content_file\" of god.yaml names no list of models and data sets"
               : NULL;
}

static const char *no_bucket(const gdi_config *config)
{
    return config->s3_bucket[0] == '\0' ? "\"s3.bucket\" of god.yaml names no place for the data of tasks" : NULL;
}

static const char *no_reader(const gdi_config *config)
{
    (void)config;
    return "this host has nothing that reads and compares sources; somebody else must execute it";
}

static const char *no_games(const gdi_config *config)
{
    (void)config;
    return "this host has no environments that models can play in; somebody else must execute it";
}

static const char *no_publisher(const gdi_config *config)
{
    const char *token = getenv(config->tournament_publish_token_variable);
    uint32_t has_token = config->tournament_publish_token_file[0] != '\0' || (token != NULL && token[0] != '\0');
    return has_token ? NULL : "this host has no token to publish repositories with (\"tournament.publish_token_file\")";
}

static const char *somebody_else(const gdi_config *config)
{
    (void)config;
    return "this host does not execute this kind; somebody else must";
}

const gdi_executor gdi_executor_table[] = {
    {.kind = GDI_WORK_NOTIFY, .run = gdi_run_notify},
    {.kind = GDI_WORK_REFRESH_NODES, .run = gdi_run_refresh_nodes, .missing = no_nodes},
    {.kind = GDI_WORK_READ_TRANSFERS, .missing = no_chain},
    {.kind = GDI_WORK_SET_WEIGHTS, .missing = no_chain},
    {.kind = GDI_WORK_ASK_MINERS, .run = gdi_run_ask_miners, .missing = no_wallet},
    {.kind = GDI_WORK_CHECK_REPOSITORY, .run = gdi_run_check_repository},
    {.kind = GDI_WORK_FIND_HEAD, .run = gdi_run_find_head},
    {.kind = GDI_WORK_REVIEW_DUPLICATES, .missing = no_reader},
    {.kind = GDI_WORK_CHOOSE_CONTENT, .run = gdi_run_choose_content, .missing = no_content},
    {.kind = GDI_WORK_PREPARE_TASK, .run_aside = gdi_run_prepare_task, .missing = no_bucket},
    {.kind = GDI_WORK_PREPARE_MODEL, .run_aside = gdi_run_prepare_model},
    {.kind = GDI_WORK_START_TRAINING, .run = gdi_run_start_training},
    {.kind = GDI_WORK_WATCH_TRAINING, .look = gdi_look_watch_training},
    {.kind = GDI_WORK_REFRESH_GPUS, .run = gdi_run_refresh_gpus},
    {.kind = GDI_WORK_EVALUATE, .look = gdi_look_evaluate, .drop = gdi_drop_evaluate},
    {.kind = GDI_WORK_PLAY_PAIR, .missing = no_games},
    {.kind = GDI_WORK_PLAY_ALONE, .missing = no_games},
    {.kind = GDI_WORK_PUBLISH_REPOSITORY, .run_aside = gdi_run_publish_repository, .missing = no_publisher},
    {.kind = GDI_WORK_COMPARE_SOURCES, .missing = no_reader},
    {.kind = GDI_WORK_READ_MODEL_BASE, .run = gdi_run_read_model_base},
    {.kind = NULL},
};

const gdi_executor *gdi_executor_of(const char *kind)
{
    for (const gdi_executor *e = gdi_executor_table; e->kind != NULL; e++) {
        if (strcmp(e->kind, kind) == 0) {
            return e;
        }
    }
    return NULL;
}

const char *gdi_executor_missing(const gdi_config *config, const char *kind)
{
    const gdi_executor *e = gdi_executor_of(kind);
    if (e == NULL) {
        return somebody_else(config);
    }
    return e->missing == NULL ? NULL : e->missing(config);
}
