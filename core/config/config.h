/* core/config/config.h: god.yaml as a struct.
 *
 * Every setting is one line of the table in settings.c: name, type, default, range, help. Reading, checking, printing
 * and `god config` work from that table alone.
 *
 *     plugins:
 *       folders: [/opt/god/plugins]     the setting "plugins.folders"
 *       config:
 *         god.text.instruct: {...}      handed to that plug-in as JSON when it is opened
 *     worker:
 *       time_limit_ms: 600000           the setting "worker.time_limit_ms"
 *
 * A file is optional: without one everything has its default. An unknown name is an error, so that a misspelt setting
 * is never silently the default.
 *
 * A gdi_config is owned by whoever loaded it and ended with gdi_config_clear. [one] to load, [any] to read.
 */
#ifndef GDI_CONFIG_H
#define GDI_CONFIG_H

#include <jansson.h>
#include <stdio.h>

#include "core/config/strings.h"

typedef struct gdi_config {
    char *source; /* the file it came from; NULL: none, all defaults */
    gdi_strings plugins_folders, plugins_files, plugins_disabled;
    int64_t plugins_describe_time_limit_ms;
    json_t *plugins_config; /* object: plug-in id -> its section */
    char *paths_cache_dir, *paths_state_dir;
    int64_t paths_cache_bytes_max;
    int64_t worker_time_limit_ms, worker_grace_ms, worker_threads;
    gdi_strings http_allow;
    int64_t http_bytes_max, http_time_limit_ms;
    int64_t net_transfers;
    char *hub_endpoint, *hub_token_file, *hub_token_variable;
    char *s3_endpoint, *s3_region, *s3_bucket, *s3_key_variable, *s3_secret_variable;
    char *host_role; /* "validator", "trainer" or "both" */
    int64_t host_jobs_max;
    int64_t host_executors, host_keep_jobs_days, host_unexecuted_minutes;
    char *identity_wallet_path, *identity_trainer_hotkey;
    int64_t entry_private_addresses, entry_local_repositories;
    char *entry_license_file, *entry_notice_file, *entry_scanner, *entry_github_api;
    char *http_server_listen, *http_server_key_file, *http_server_key_variable;
    int64_t http_server_connections_max, http_server_per_address_max;
    int64_t http_server_request_time_limit_ms, http_server_body_bytes_max;
    char *trainer_listen, *trainer_hotkey;
    gdi_strings trainer_callers, trainer_validators, trainer_gpus;
    int64_t trainer_require_signature, trainer_jobs_max;
    char *trainer_runner;         /* "container", "slurm" or "process" */
    json_t *trainer_runners;      /* object: runner -> its configuration */
    json_t *trainer_environments; /* object: environment -> {image, command} */
    int64_t trainer_trusted, trainer_build_network, trainer_local_repositories;
    int64_t trainer_memory_gib_per_gpu, trainer_cpus_per_gpu, trainer_build_disk_gib;
    gdi_strings trainer_wandb_command;
    char *trainer_wandb_key_file, *trainer_wandb_key_variable;
    char *trainer_prep_image, *trainer_prep_folder; /* "": the usual images */
    char *trainer_hub_user;                         /* "": $HUGGINGFACE_USERNAME */
    char *admin_socket;                             /* "": <paths_state_dir>/admin.sock */
    gdi_strings tournament_types;
    int64_t tournament_netuid, tournament_auto_complete, tournament_publish, tournament_read_duplicates;
    char *tournament_content_file;
    char *tournament_publish_organization, *tournament_publish_server;
    char *tournament_publish_token_file, *tournament_publish_token_variable;
    char *tournament_burn_hotkey, *tournament_collection_address, *tournament_default_repository,
        *tournament_default_commit;
    gdi_strings tournament_environments, tournament_environment_models, tournament_dataset_white_list;
    char *tournament_environment_target_model;
    json_t *tournament_prep_environments; /* object: environment -> what a model preparation is told of it */
    json_t *tournament_rules;             /* object: see core/host/rules_settings.h */
    char *tournament_models_dir, *tournament_nodes, *tournament_notify_file, *tournament_notify_variable;
    char *tournament_training_logs_url, *tournament_scores_url;
    char *store_url; /* "": sqlite:<paths_state_dir>/god.db, see core/store/configured.h */
} gdi_config;

/* The first of: path (when not NULL; it must exist), $GOD_CONFIG (the same), ./god.yaml, ~/.config/god/god.yaml,
 * /etc/god/god.yaml; none is fine. Relative paths in the file are relative to the file's folder. GOD_E_INVALID with
 * file and line: `god.yaml:12: "worker.threads" is "many", a whole number from 1 to 1024 is needed`. */
god_status gdi_config_load(const char *path, gdi_config *ret_config, god_error *err);
/* The same from text; `where` opens messages. `dir` makes relative paths absolute. */
god_status gdi_config_read(const char *where, const char *dir, const char *text, size_t bytes, gdi_config *ret_config,
                           god_error *err);
void gdi_config_clear(gdi_config *config); /* accepts an empty one */

/* A god.yaml with every setting at its default and its help text as comment. */
god_status gdi_config_print_defaults(FILE *out, god_error *err);
/* A god.yaml with the values of this configuration. */
void gdi_config_print(FILE *out, const gdi_config *config);

#endif
