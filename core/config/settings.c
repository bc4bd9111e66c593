#include "core/config/settings.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/nearest.h"
#include "god/helpers/file.h"
#include "god/helpers/processors.h"

enum { threads_max = 1024 };

static god_status default_int(const gdi_setting *setting, void *ret_value, god_error *err)
{
    (void)err;
    *(int64_t *)ret_value = setting->default_int;
    return GOD_OK;
}

static god_status default_threads(const gdi_setting *setting, void *ret_value, god_error *err)
{
    (void)setting;
    (void)err;
    const uint32_t count = god_processors();
    *(int64_t *)ret_value = count > threads_max ? threads_max : count;
    return GOD_OK;
}

static god_status default_empty(const gdi_setting *setting, void *ret_value, god_error *err)
{
    (void)setting;
    (void)err;
    *(gdi_strings *)ret_value = (gdi_strings){.items = NULL};
    return GOD_OK;
}

static god_status default_strings(const gdi_setting *setting, void *ret_value, god_error *err)
{
    gdi_strings *strings = ret_value;
    *strings = (gdi_strings){.items = NULL};
    for (const char *const *text = setting->default_strings; *text != NULL; text++) {
        GOD_TRY(gdi_strings_add(strings, *text, err));
    }
    return GOD_OK;
}

static god_status default_text(const gdi_setting *setting, void *ret_value, god_error *err)
{
    char *text = strdup(setting->default_text == NULL ? "" : setting->default_text);
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a setting");
    }
    *(char **)ret_value = text;
    return GOD_OK;
}

static god_status default_sections(const gdi_setting *setting, void *ret_value, god_error *err)
{
    (void)setting;
    json_t *sections = json_object();
    if (sections == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a setting");
    }
    *(json_t **)ret_value = sections;
    return GOD_OK;
}

static const char *home_dir(void)
{
    const char *home = getenv("HOME");
    if (home != NULL && home[0] == '/') {
        return home;
    }
    const struct passwd *user = getpwuid(getuid()); /* settings are read before there are threads */
    return user != NULL && user->pw_dir[0] == '/' ? user->pw_dir : "/tmp";
}

/* $variable/god, or ~/fallback/god. */
static god_status default_dir(const char *variable, const char *fallback, void *ret_value, god_error *err)
{
    const char *dir = getenv(variable);
    char *path = NULL;
    int count = dir != NULL && dir[0] == '/' ? asprintf(&path, "%s/god", dir)
                                             : asprintf(&path, "%s/%s/god", home_dir(), fallback);
    if (count < 0) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a path");
    }
    *(char **)ret_value = path;
    return GOD_OK;
}

static god_status default_cache_dir(const gdi_setting *setting, void *ret_value, god_error *err)
{
    (void)setting;
    return default_dir("XDG_CACHE_HOME", ".cache", ret_value, err);
}

static god_status default_state_dir(const gdi_setting *setting, void *ret_value, god_error *err)
{
    (void)setting;
    return default_dir("XDG_STATE_HOME", ".local/state", ret_value, err);
}

/* Constants of the Guide and of the repository, tournament specification, section 2. */
static const char *const environments[] = {"gin_rummy", "intercode", "leduc_poker", "liars_dice", NULL};
static const char *const environment_models[] = {
    "NousResearch/Hermes-3-Llama-3.2-3B", "Qwen/Qwen2-7B-Instruct",
    "Qwen/Qwen2.5-3B-Instruct",           "Qwen/Qwen2.5-7B-Instruct",
    "Qwen/Qwen3-4B-Instruct-2507",        "codellama/CodeLlama-7b-Instruct-hf",
    "unsloth/Llama-3.2-3B-Instruct",      NULL};

static const char *const roles[] = {"validator", "trainer", "both", NULL};
static const char *const runners[] = {"container", "slurm", "process", NULL};

#define AT(field) offsetof(gdi_config, field)
enum { minute_ms = 60 * 1000, hour_ms = 60 * minute_ms, day_ms = 24 * hour_ms };

const gdi_setting gdi_settings[] = {
    {.name = "plugins.folders",
     .type = GDI_SETTING_PATHS,
     .offset = AT(plugins_folders),
     .set_default = default_empty,
     .help = "Folders whose *.so files are plug-ins, beside the folder of this installation."},
    {.name = "plugins.files",
     .type = GDI_SETTING_PATHS,
     .offset = AT(plugins_files),
     .set_default = default_empty,
     .help = "Single plug-in files."},
    {.name = "plugins.disabled",
     .type = GDI_SETTING_STRINGS,
     .offset = AT(plugins_disabled),
     .set_default = default_empty,
     .help = "Ids of plug-ins that are not used though they are there."},
    {.name = "plugins.describe_time_limit_ms",
     .type = GDI_SETTING_INT,
     .offset = AT(plugins_describe_time_limit_ms),
     .lowest = 10,
     .highest = 10 * minute_ms,
     .set_default = default_int,
     .default_int = 10 * 1000,
     .help = "How long a plug-in may take to say what it is."},
    {.name = "plugins.config",
     .type = GDI_SETTING_SECTIONS,
     .offset = AT(plugins_config),
     .set_default = default_sections,
     .help = "One section per plug-in id, handed to that plug-in when it is opened."},
    {.name = "paths.cache_dir",
     .type = GDI_SETTING_PATH,
     .offset = AT(paths_cache_dir),
     .set_default = default_cache_dir,
     .help = "Prepared data and the folders of running evaluations. May be deleted when nothing runs."},
    {.name = "paths.cache_bytes_max",
     .type = GDI_SETTING_INT,
     .offset = AT(paths_cache_bytes_max),
     .lowest = 0,
     .highest = INT64_C(1) << 60,
     .set_default = default_int,
     .default_int = INT64_C(1000) << 30,
     .help = "How much the cache may hold. What was unused for longest goes first, what is in use never."},
    {.name = "paths.state_dir",
     .type = GDI_SETTING_PATH,
     .offset = AT(paths_state_dir),
     .set_default = default_state_dir,
     .help = "What must be remembered: the jobs of the daemon, what is known about plug-ins."},
    {.name = "worker.time_limit_ms",
     .type = GDI_SETTING_INT,
     .offset = AT(worker_time_limit_ms),
     .lowest = 1,
     .highest = 30 * (int64_t)day_ms,
     .set_default = default_int,
     .default_int = 6 * hour_ms,
     .help = "How long one run of a worker may take."},
    {.name = "worker.grace_ms",
     .type = GDI_SETTING_INT,
     .offset = AT(worker_grace_ms),
     .lowest = 0,
     .highest = 10 * minute_ms,
     .set_default = default_int,
     .default_int = 10 * 1000,
     .help = "How long a worker that was asked to stop may take before it is killed."},
    {.name = "worker.threads",
     .type = GDI_SETTING_INT,
     .offset = AT(worker_threads),
     .lowest = 1,
     .highest = threads_max,
     .set_default = default_threads,
     .help = "Processor threads of one worker. Default: all that this machine lends to this process."},
    {.name = "http.allow",
     .type = GDI_SETTING_STRINGS,
     .offset = AT(http_allow),
     .set_default = default_empty,
     .help = "Beginnings of the addresses that plug-ins may download from, e.g. https://data.example.org/.\n"
             "None: plug-ins have no network."},
    {.name = "http.bytes_max",
     .type = GDI_SETTING_INT,
     .offset = AT(http_bytes_max),
     .lowest = 1,
     .highest = INT64_C(1) << 50,
     .set_default = default_int,
     .default_int = INT64_C(64) << 30,
     .help = "Size limit of one download."},
    {.name = "http.time_limit_ms",
     .type = GDI_SETTING_INT,
     .offset = AT(http_time_limit_ms),
     .lowest = 1,
     .highest = day_ms,
     .set_default = default_int,
     .default_int = hour_ms,
     .help = "Time limit of one download, repeats included."},
    {.name = "net.transfers",
     .type = GDI_SETTING_INT,
     .offset = AT(net_transfers),
     .lowest = 1,
     .highest = 16,
     .set_default = default_int,
     .default_int = 4,
     .help = "Files of a model or data set that are fetched at a time."},
    {.name = "hub.endpoint",
     .type = GDI_SETTING_TEXT,
     .offset = AT(hub_endpoint),
     .set_default = default_text,
     .default_text = "https://huggingface.co",
     .help = "The hub that hf:// addresses are on."},
    {.name = "hub.token_file",
     .type = GDI_SETTING_FILE,
     .offset = AT(hub_token_file),
     .set_default = default_text,
     .help = "File with the hub's token, closed to other users; for private repositories and uploads."},
    {.name = "hub.token_variable",
     .type = GDI_SETTING_TEXT,
     .offset = AT(hub_token_variable),
     .set_default = default_text,
     .default_text = "HUGGINGFACE_TOKEN",
     .help = "Environment variable with that token, when there is no file."},
    {.name = "s3.endpoint",
     .type = GDI_SETTING_TEXT,
     .offset = AT(s3_endpoint),
     .set_default = default_text,
     .help = "The object store that s3://BUCKET/KEY addresses are on, e.g. https://minio.example.org:9000.\n"
             "Empty: https://s3.<s3.region>.amazonaws.com."},
    {.name = "s3.region",
     .type = GDI_SETTING_TEXT,
     .offset = AT(s3_region),
     .set_default = default_text,
     .default_text = "us-east-1",
     .help = "Its region, which is part of every signature."},
    {.name = "s3.bucket",
     .type = GDI_SETTING_TEXT,
     .offset = AT(s3_bucket),
     .set_default = default_text,
     .help = "The bucket that the data of tasks is put into. Empty: somebody else prepares tasks."},
    {.name = "s3.key_variable",
     .type = GDI_SETTING_TEXT,
     .offset = AT(s3_key_variable),
     .set_default = default_text,
     .default_text = "S3_COMPATIBLE_ACCESS_KEY",
     .help = "Environment variable with the access key. Without one, only what everybody may read is fetched."},
    {.name = "s3.secret_variable",
     .type = GDI_SETTING_TEXT,
     .offset = AT(s3_secret_variable),
     .set_default = default_text,
     .default_text = "S3_COMPATIBLE_SECRET_KEY",
     .help = "Environment variable with its secret."},
    {.name = "host.role",
     .type = GDI_SETTING_TEXT,
     .offset = AT(host_role),
     .set_default = default_text,
     .default_text = "validator",
     .words = roles,
     .help = "validator: plays tournaments and runs jobs; trainer: runs trainings that validators ask for, see the\n"
             "section trainer; both: the two in one process."},
    {.name = "host.jobs_max",
     .type = GDI_SETTING_INT,
     .offset = AT(host_jobs_max),
     .lowest = 1,
     .highest = 64,
     .set_default = default_int,
     .default_int = 1,
     .help = "How many jobs the daemon runs at a time."},
    {.name = "host.executors",
     .type = GDI_SETTING_INT,
     .offset = AT(host_executors),
     .lowest = 1,
     .highest = 64,
     .set_default = default_int,
     .default_int = 2,
     .help = "How many jobs that are neither training nor evaluation (asking, publishing, telling) run at a time."},
    {.name = "host.keep_jobs_days",
     .type = GDI_SETTING_INT,
     .offset = AT(host_keep_jobs_days),
     .lowest = 1,
     .highest = 3650,
     .set_default = default_int,
     .default_int = 30,
     .help = "How long ended jobs are kept in the store."},
    {.name = "host.unexecuted_minutes",
     .type = GDI_SETTING_INT,
     .offset = AT(host_unexecuted_minutes),
     .lowest = 0,
     .highest = 365 * 24 * 60,
     .set_default = default_int,
     .default_int = 6 * 60,
     .help = "How long a job of a kind that no host executes waits for somebody else (god job take); then it fails,\n"
             "and the tournament goes on from that. 0: for ever."},
    {.name = "identity.wallet_path",
     .type = GDI_SETTING_FILE,
     .offset = AT(identity_wallet_path),
     .set_default = default_text,
     .help = "File of the hotkey that signs requests to miners and trainers (~/.bittensor/wallets/NAME/hotkeys/NAME),\n"
             "not encrypted, closed to other users. Empty: none, so miners cannot be asked. Never a coldkey."},
    {.name = "identity.trainer_hotkey",
     .type = GDI_SETTING_TEXT,
     .offset = AT(identity_trainer_hotkey),
     .set_default = default_text,
     .help = "The hotkey that requests to trainers are addressed to, their trainer.hotkey. Empty: the wallet's own."},
    {.name = "entry.private_addresses",
     .type = GDI_SETTING_INT,
     .offset = AT(entry_private_addresses),
     .lowest = 0,
     .highest = 1,
     .set_default = default_int,
     .default_int = 0,
     .help = "1: miners may be at private, loopback and link-local addresses, as in test networks. 0: they are not\n"
             "asked, so that none can point the host at services of its own network."},
    {.name = "entry.local_repositories",
     .type = GDI_SETTING_INT,
     .offset = AT(entry_local_repositories),
     .lowest = 0,
     .highest = 1,
     .set_default = default_int,
     .default_int = 0,
     .help = "1: repositories may be folders of this machine, or behind http on it. For tests."},
    {.name = "entry.license_file",
     .type = GDI_SETTING_FILE,
     .offset = AT(entry_license_file),
     .set_default = default_text,
     .help = "The licence that an entered repository must hold at its top, word for word. Empty: not compared."},
    {.name = "entry.notice_file",
     .type = GDI_SETTING_FILE,
     .offset = AT(entry_notice_file),
     .set_default = default_text,
     .help = "The same for its notice."},
    {.name = "entry.scanner",
     .type = GDI_SETTING_FILE,
     .offset = AT(entry_scanner),
     .set_default = default_text,
     .help = "Program that looks for hidden code, started as SCANNER --repo FOLDER --commit HASH with the entered\n"
             "files in FOLDER; 0 within 60 s lets the repository in. It runs as this user. Empty: none."},
    {.name = "entry.github_api",
     .type = GDI_SETTING_TEXT,
     .offset = AT(entry_github_api),
     .set_default = default_text,
     .default_text = "https://api.github.com",
     .help = "Where miners' tokens are tried and heads of branches are asked for."},
    {.name = "store.url",
     .type = GDI_SETTING_TEXT,
     .offset = AT(store_url),
     .set_default = default_text,
     .help = "Where tournaments, tasks, jobs and balances are kept: sqlite:/path/to/god.db or\n"
             "postgres://user@host/database. Empty: sqlite:<paths.state_dir>/god.db. A password does not belong here:\n"
             "PostgreSQL's own ~/.pgpass and PGPASSWORD are read."},
    {.name = "http_server.listen",
     .type = GDI_SETTING_TEXT,
     .offset = AT(http_server_listen),
     .set_default = default_text,
     .help = "Address and port of the HTTP interface, e.g. 127.0.0.1:8080; :8080 is every address. Empty: none.\n"
             "It speaks no TLS: put a proxy in front of it before others may reach it."},
    {.name = "http_server.key_file",
     .type = GDI_SETTING_FILE,
     .offset = AT(http_server_key_file),
     .set_default = default_text,
     .help = "File with the key that guarded addresses ask for (Authorization: Bearer KEY), closed to other users."},
    {.name = "http_server.key_variable",
     .type = GDI_SETTING_TEXT,
     .offset = AT(http_server_key_variable),
     .set_default = default_text,
     .default_text = "FRONTEND_API_KEY",
     .help = "Environment variable with that key, when there is no file. Without a key those addresses answer 500."},
    {.name = "http_server.connections_max",
     .type = GDI_SETTING_INT,
     .offset = AT(http_server_connections_max),
     .lowest = 1,
     .highest = 10000,
     .set_default = default_int,
     .default_int = 64,
     .help = "Open connections at a time, and how many of them from one address:"},
    {.name = "http_server.per_address_max",
     .type = GDI_SETTING_INT,
     .offset = AT(http_server_per_address_max),
     .lowest = 1,
     .highest = 10000,
     .set_default = default_int,
     .default_int = 16,
     .help = "raise it when a proxy stands in front."},
    {.name = "http_server.request_time_limit_ms",
     .type = GDI_SETTING_INT,
     .offset = AT(http_server_request_time_limit_ms),
     .lowest = 100,
     .highest = hour_ms,
     .set_default = default_int,
     .default_int = 30 * 1000,
     .help = "How long a client may take for one request."},
    {.name = "http_server.body_bytes_max",
     .type = GDI_SETTING_INT,
     .offset = AT(http_server_body_bytes_max),
     .lowest = 1024,
     .highest = 64 << 20,
     .set_default = default_int,
     .default_int = 1 << 20,
     .help = "Size limit of what a client sends."},
    {.name = "trainer.listen",
     .type = GDI_SETTING_TEXT,
     .offset = AT(trainer_listen),
     .set_default = default_text,
     .default_text = "0.0.0.0:8001",
     .help = "Address and port where validators ask for trainings. Validators that exist expect port 8001."},
    {.name = "trainer.callers",
     .type = GDI_SETTING_STRINGS,
     .offset = AT(trainer_callers),
     .set_default = default_empty,
     .help = "Addresses that may ask, beside 127.0.0.1. None: those of ORCHESTRATOR_IPS or ORCHESTRATOR_IP in the\n"
             "environment, otherwise 185.141.218.122."},
    {.name = "trainer.require_signature",
     .type = GDI_SETTING_INT,
     .offset = AT(trainer_require_signature),
     .lowest = 0,
     .highest = 1,
     .set_default = default_int,
     .default_int = 1,
     .help = "1: a request must also be signed by one of trainer.validators. 0: the address is enough, as for\n"
             "validators that do not sign."},
    {.name = "trainer.validators",
     .type = GDI_SETTING_STRINGS,
     .offset = AT(trainer_validators),
     .set_default = default_empty,
     .help = "Hotkeys (5...) whose signed requests are accepted."},
    {.name = "trainer.hotkey",
     .type = GDI_SETTING_TEXT,
     .offset = AT(trainer_hotkey),
     .set_default = default_text,
     .help = "The hotkey that signed requests must be addressed to (header miner-hotkey), so that none can be used on\n"
             "another trainer. Empty: the first of trainer.validators."},
    {.name = "trainer.gpus",
     .type = GDI_SETTING_STRINGS,
     .offset = AT(trainer_gpus),
     .set_default = default_empty,
     .help = "GPUs to offer instead of those that the driver (NVML) finds, as product name and GiB, in the order of\n"
             "their ids, e.g. [H100 80, H100 80]. For machines without GPUs, and tests."},
    {.name = "trainer.jobs_max",
     .type = GDI_SETTING_INT,
     .offset = AT(trainer_jobs_max),
     .lowest = 1,
     .highest = 64,
     .set_default = default_int,
     .default_int = 16,
     .help = "How many trainings and model preparations go on at a time; further requests are answered with 409."},
    {.name = "trainer.runner",
     .type = GDI_SETTING_TEXT,
     .offset = AT(trainer_runner),
     .set_default = default_text,
     .default_text = "container",
     .words = runners,
     .help = "What runs repositories: container (Docker or Podman), slurm, or process (bubblewrap), which takes only\n"
             "repositories that trainer.trusted vouches for."},
    {.name = "trainer.runners",
     .type = GDI_SETTING_SECTIONS,
     .offset = AT(trainer_runners),
     .set_default = default_sections,
     .help = "One section per runner, its configuration. E.g. {container: {socket: /run/podman/podman.sock}}."},
    {.name = "trainer.trusted",
     .type = GDI_SETTING_INT,
     .offset = AT(trainer_trusted),
     .lowest = 0,
     .highest = 1,
     .set_default = default_int,
     .default_int = 0,
     .help = "1: the repositories are one's own; 0: strangers', as in tournaments."},
    {.name = "trainer.build_network",
     .type = GDI_SETTING_INT,
     .offset = AT(trainer_build_network),
     .lowest = 0,
     .highest = 1,
     .set_default = default_int,
     .default_int = 1,
     .help = "1: builds of images may download, which most repositories need; 0: they may not. Trainings never may."},
    {.name = "trainer.local_repositories",
     .type = GDI_SETTING_INT,
     .offset = AT(trainer_local_repositories),
     .lowest = 0,
     .highest = 1,
     .set_default = default_int,
     .default_int = 0,
     .help = "1: repositories may be folders of this machine, or behind http on it. For tests."},
    {.name = "trainer.memory_gib_per_gpu",
     .type = GDI_SETTING_INT,
     .offset = AT(trainer_memory_gib_per_gpu),
     .lowest = 1,
     .highest = 65536,
     .set_default = default_int,
     .default_int = 110,
     .help = "Memory of a training for each of its GPUs. The published contract says 110, and"},
    {.name = "trainer.cpus_per_gpu",
     .type = GDI_SETTING_INT,
     .offset = AT(trainer_cpus_per_gpu),
     .lowest = 1,
     .highest = threads_max,
     .set_default = default_int,
     .default_int = 24,
     .help = "24 processor cores."},
    {.name = "trainer.build_disk_gib",
     .type = GDI_SETTING_INT,
     .offset = AT(trainer_build_disk_gib),
     .lowest = 1,
     .highest = 65536,
     .set_default = default_int,
     .default_int = 200,
     .help = "What the build of an image may write. A build that writes more is ended as failed."},
    {.name = "trainer.wandb_command",
     .type = GDI_SETTING_STRINGS,
     .offset = AT(trainer_wandb_command),
     .set_default = default_empty,
     .help = "The program that sends a training's offline run logs, and its arguments before the log's folder. E.g.\n"
             "[/opt/wandb/bin/wandb, sync, --include-offline]. None: they stay in the job's folder."},
    {.name = "trainer.wandb_key_file",
     .type = GDI_SETTING_FILE,
     .offset = AT(trainer_wandb_key_file),
     .set_default = default_text,
     .help = "File with the key of Weights & Biases, readable by nobody else. Empty: the key is taken from"},
    {.name = "trainer.wandb_key_variable",
     .type = GDI_SETTING_TEXT,
     .offset = AT(trainer_wandb_key_variable),
     .set_default = default_text,
     .default_text = "WANDB_TOKEN",
     .help = "this environment variable."},
    {.name = "trainer.prep_image",
     .type = GDI_SETTING_TEXT,
     .offset = AT(trainer_prep_image),
     .set_default = default_text,
     .help =
         "Image of model preparations. Empty: gradientsio/model-prep-text:latest, or model-prep-env for environments."},
    {.name = "trainer.prep_folder",
     .type = GDI_SETTING_FILE,
     .offset = AT(trainer_prep_folder),
     .set_default = default_text,
     .help = "Folder with a Dockerfile that is built for model preparations instead of that image. Empty: none."},
    {.name = "trainer.hub_user",
     .type = GDI_SETTING_TEXT,
     .offset = AT(trainer_hub_user),
     .set_default = default_text,
     .help = "Account of the hub that results are uploaded to. Empty: HUGGINGFACE_USERNAME in the environment; when\n"
             "that is empty too, results stay in the job's folder."},
    {.name = "trainer.environments",
     .type = GDI_SETTING_SECTIONS,
     .offset = AT(trainer_environments),
     .set_default = default_sections,
     .help = "Images of environment servers that differ from the usual one, by environment.\n"
             "E.g. {gin_rummy: {image: registry.example.org/games, command: [serve]}}."},
    {.name = "admin.socket",
     .type = GDI_SETTING_FILE,
     .offset = AT(admin_socket),
     .set_default = default_text,
     .help = "Unix socket of god tournament and god job. Empty: <paths.state_dir>/admin.sock."},
    {.name = "tournament.types",
     .type = GDI_SETTING_STRINGS,
     .offset = AT(tournament_types),
     .set_default = default_empty,
     .help = "Tournaments that this host plays: text, image, environment. None: it only runs jobs."},
    {.name = "tournament.netuid",
     .type = GDI_SETTING_INT,
     .offset = AT(tournament_netuid),
     .lowest = 0,
     .highest = 65535,
     .set_default = default_int,
     .default_int = 56,
     .help = "The network: 56, or 241 for its test."},
    {.name = "tournament.burn_hotkey",
     .type = GDI_SETTING_TEXT,
     .offset = AT(tournament_burn_hotkey),
     .set_default = default_text,
     .default_text = "5GU4Xkd3dCGTU3s8VLcHGc5wsD5M8XyxDca5yDQhYm1mVXFu",
     .help = "The hotkey under which the boss takes part and unpaid weight burns."},
    {.name = "tournament.collection_address",
     .type = GDI_SETTING_TEXT,
     .offset = AT(tournament_collection_address),
     .set_default = default_text,
     .default_text = "5Ef5JgNv14LY4UEQFHbRQkf8TnegDV3AfAbcsJe5T2w6VQdo",
     .help = "The account whose incoming transfers pay participation fees. Empty: transfers are not read."},
    {.name = "tournament.default_repository",
     .type = GDI_SETTING_TEXT,
     .offset = AT(tournament_default_repository),
     .set_default = default_text,
     .default_text = "https://github.com/rayonlabs/G.O.D",
     .help = "What the boss trains while there is no champion,"},
    {.name = "tournament.default_commit",
     .type = GDI_SETTING_TEXT,
     .offset = AT(tournament_default_commit),
     .set_default = default_text,
     .default_text = "8631451156e2915070f77e5547ca0d5ed3d0eb8a",
     .help = "and at which commit."},
    {.name = "tournament.auto_complete",
     .type = GDI_SETTING_INT,
     .offset = AT(tournament_auto_complete),
     .lowest = 0,
     .highest = 1,
     .set_default = default_int,
     .default_int = 1,
     .help = "1: a decided tournament completes by itself; 0: god tournament complete does it."},
    {.name = "tournament.publish",
     .type = GDI_SETTING_INT,
     .offset = AT(tournament_publish),
     .lowest = 0,
     .highest = 1,
     .set_default = default_int,
     .default_int = 0,
     .help = "1: winners' repositories are published; 0: that step is left out."},
    {.name = "tournament.publish_organization",
     .type = GDI_SETTING_TEXT,
     .offset = AT(tournament_publish_organization),
     .set_default = default_text,
     .default_text = "gradients-opensource",
     .help = "The organisation on GitHub that they are published under,"},
    {.name = "tournament.publish_server",
     .type = GDI_SETTING_TEXT,
     .offset = AT(tournament_publish_server),
     .set_default = default_text,
     .default_text = "https://github.com",
     .help = "and where its repositories are pushed to; they are made at entry.github_api."},
    {.name = "tournament.publish_token_file",
     .type = GDI_SETTING_FILE,
     .offset = AT(tournament_publish_token_file),
     .set_default = default_text,
     .help = "File with the token that may make and write them, closed to other users."},
    {.name = "tournament.publish_token_variable",
     .type = GDI_SETTING_TEXT,
     .offset = AT(tournament_publish_token_variable),
     .set_default = default_text,
     .default_text = "GOD_PUBLISH_TOKEN",
     .help = "Environment variable with that token, when there is no file. Without one somebody else publishes."},
    {.name = "tournament.read_duplicates",
     .type = GDI_SETTING_INT,
     .offset = AT(tournament_read_duplicates),
     .lowest = 0,
     .highest = 1,
     .set_default = default_int,
     .default_int = 0,
     .help = "1: pairs of repositories are read by the duplicate plug-in; 0: equal commits and equal sources only."},
    {.name = "tournament.content_file",
     .type = GDI_SETTING_FILE,
     .offset = AT(tournament_content_file),
     .set_default = default_text,
     .help = "JSON file with the models and data sets that tasks are made of, see docs/host.md. Empty: somebody else\n"
             "chooses."},
    {.name = "tournament.environments",
     .type = GDI_SETTING_STRINGS,
     .offset = AT(tournament_environments),
     .set_default = default_strings,
     .default_strings = environments,
     .help = "Environments that can be played."},
    {.name = "tournament.environment_models",
     .type = GDI_SETTING_STRINGS,
     .offset = AT(tournament_environment_models),
     .set_default = default_strings,
     .default_strings = environment_models,
     .help = "Models that environment tournaments draw from."},
    {.name = "tournament.environment_target_model",
     .type = GDI_SETTING_TEXT,
     .offset = AT(tournament_environment_target_model),
     .set_default = default_text,
     .default_text = "Qwen/Qwen2.5-7B-Instruct",
     .help = "The model that the previous winner is trained on again."},
    {.name = "tournament.prep_environments",
     .type = GDI_SETTING_SECTIONS,
     .offset = AT(tournament_prep_environments),
     .set_default = default_sections,
     .help =
         "Environments that a model is tried in when it is prepared, with what the trainer needs to know; others are\n"
         "left out. E.g. {intercode: {env_image: gradientsio/env-eval-intercode:basilica,\n"
         "env_server_command: [serve], task_id_min: 0, task_id_max: 199, num_episodes: 100}}."},
    {.name = "tournament.dataset_white_list",
     .type = GDI_SETTING_STRINGS,
     .offset = AT(tournament_dataset_white_list),
     .set_default = default_empty,
     .help = "Data sets that miners may ask for."},
    {.name = "tournament.rules",
     .type = GDI_SETTING_SECTIONS,
     .offset = AT(tournament_rules),
     .set_default = default_sections,
     .help = "Constants of the rules that differ from the Guide, by section: text, image, environment, all.\n"
             "E.g. {text: {fee_rao: 100000000}, all: {training_attempts_max: 3}}."},
    {.name = "tournament.models_dir",
     .type = GDI_SETTING_FILE,
     .offset = AT(tournament_models_dir),
     .set_default = default_text,
     .help =
         "Folder in which base models and trained ones lie as OWNER/NAME, for evaluations. Empty: they come from the\n"
         "hub, through the cache."},
    {.name = "tournament.nodes",
     .type = GDI_SETTING_TEXT,
     .offset = AT(tournament_nodes),
     .set_default = default_text,
     .help = "Where the list of nodes comes from: the absolute path of a file, or an http address, with {\"nodes\":\n"
             "[{\"hotkey\", \"coldkey\", \"ip\", \"port\"}]}. Empty: nowhere, jobs of the kind refresh_nodes wait."},
    {.name = "tournament.notify_file",
     .type = GDI_SETTING_FILE,
     .offset = AT(tournament_notify_file),
     .set_default = default_text,
     .help = "File with the address that notifications are posted to as {\"content\": text}, closed to other users."},
    {.name = "tournament.notify_variable",
     .type = GDI_SETTING_TEXT,
     .offset = AT(tournament_notify_variable),
     .set_default = default_text,
     .default_text = "GOD_NOTIFY_URL",
     .help = "Environment variable with that address, when there is no file. Without one notifications are left out."},
    {.name = "tournament.training_logs_url",
     .type = GDI_SETTING_TEXT,
     .offset = AT(tournament_training_logs_url),
     .set_default = default_text,
     .help = "Address of a training's logs; {task_id} and {hotkey} are filled in. Empty: none."},
    {.name = "tournament.scores_url",
     .type = GDI_SETTING_TEXT,
     .offset = AT(tournament_scores_url),
     .set_default = default_text,
     .help = "Address under which the audits of weights are published. Empty: none."},
    {.name = NULL},
};

const gdi_setting *gdi_setting_find(const char *name)
{
    for (const gdi_setting *setting = gdi_settings; setting->name != NULL; setting++) {
        if (strcmp(setting->name, name) == 0) {
            return setting;
        }
    }
    return NULL;
}

const char *gdi_setting_nearest(const char *name)
{
    const char *names[sizeof gdi_settings / sizeof *gdi_settings];
    size_t count = 0;
    for (const gdi_setting *setting = gdi_settings; setting->name != NULL; setting++) {
        names[count++] = setting->name;
    }
    return gdi_nearest(name, names, count);
}

void *gdi_setting_value(const gdi_setting *setting, gdi_config *config)
{
    return (char *)config + setting->offset;
}
