#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/child.h"
#include "core/base/clock.h"
#include "core/trainer/run_logs.h"

enum { words_max = 96, look_ms = 100, stop_grace_ms = 1000, last_line_bytes = 200 };
static const char bubblewrap_path[] = "/usr/bin/bwrap", inside[] = "/logs/";
static const char key_name[] = "WANDB_API_KEY";

typedef struct command {
    const char *words[words_max + 1];
    size_t count;
} command;

static void add(command *cmd, const char *word)
{
    if (cmd->count < words_max) {
        cmd->words[cmd->count++] = word;
    }
}

static void add_three(command *cmd, const char *first, const char *second, const char *third)
{
    add(cmd, first);
    add(cmd, second);
    add(cmd, third);
}

/* "/opt/wandb" of "/opt/wandb/bin/wandb"; "/opt/x" of "/opt/x/send". A program of /usr is there anyhow. */
static god_status find_home(const char *program, char ret_dir[GOD_PATH_MAX], god_error *err)
{
    char *slash = NULL;
    if (program[0] != '/' || access(program, X_OK) != 0 || strlen(program) >= GOD_PATH_MAX) {
        return god_fail(err, GOD_E_INVALID,
                        "trainer.wandb_command begins with \"%.200s\", the whole path of a program is needed", program);
    }
    (void)snprintf(ret_dir, GOD_PATH_MAX, "%s", program);
    slash = strrchr(ret_dir, '/');
    *slash = '\0';
    slash = strrchr(ret_dir, '/');
    if (slash != NULL && slash != ret_dir && strcmp(slash, "/bin") == 0) {
        *slash = '\0';
    }
    return ret_dir[0] != '\0'
               ? GOD_OK
               : god_fail(err, GOD_E_INVALID, "trainer.wandb_command: \"%.200s\" is in no folder of its own", program);
}

/* Nothing of the host but programs, the names of the network and its certificates. */
static void add_jail(command *cmd, const char *home, const char *dir, const char *target)
{
    static const char *const rooms[] = {
        "--unshare-all", "--share-net", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--proc", "/proc",
        "--dev",         "/dev",        "--tmpfs",           "/tmp"};
    static const char *const shown[] = {"/usr",
                                        "/bin",
                                        "/sbin",
                                        "/lib",
                                        "/lib64",
                                        "/etc/ssl",
                                        "/etc/hosts",
                                        "/etc/resolv.conf",
                                        "/etc/nsswitch.conf",
                                        "/etc/ld.so.cache",
                                        "/etc/passwd"};
    add(cmd, bubblewrap_path);
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        add(cmd, rooms[i]);
    }
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        add_three(cmd, "--ro-bind-try", shown[i], shown[i]);
    }
    if (strcmp(home, "/usr") != 0) {
        add_three(cmd, "--ro-bind", home, home);
    }
    add_three(cmd, "--bind", dir, target);
    add_three(cmd, "--setenv", "HOME", "/tmp");
    add_three(cmd, "--chdir", "/tmp", "--");
}

static void last_line(const char *text, char ret_line[last_line_bytes])
{
    size_t bytes = strlen(text);
    while (bytes > 0 && strchr("\r\n ", text[bytes - 1]) != NULL) {
        bytes--;
    }
    size_t from = bytes;
    while (from > 0 && text[from - 1] != '\n') {
        from--;
    }
    (void)snprintf(ret_line, last_line_bytes, "%.*s", (int)(bytes - from), text + from);
}

static god_status wait_for(const gdi_job *job, gdi_child *child, god_error *err)
{
    const uint64_t deadline_ms = gdi_clock_ms() + GDI_RUN_LOGS_TIME_LIMIT_S * UINT64_C(1000);
    char line[last_line_bytes];
    gdi_child_end end;
    god_error ignored = GOD_ERROR_INIT;
    while (gdi_child_wait(child, look_ms, &end, &ignored) == GOD_E_TIMEOUT) {
        if (gdi_job_stop_asked(job) != GDI_WORK_GO_ON) {
            gdi_child_stop(child, stop_grace_ms, &end);
            return god_fail(err, GOD_E_CANCELLED, "the job \"%s\" stops", job->id);
        }
        if (gdi_clock_ms() >= deadline_ms) {
            gdi_child_stop(child, stop_grace_ms, &end);
            return god_fail(err, GOD_E_TIMEOUT, "it took longer than %d s", GDI_RUN_LOGS_TIME_LIMIT_S);
        }
    }
    if (end.how == GDI_CHILD_EXITED && end.code == 0) {
        return GOD_OK;
    }
    last_line(gdi_child_output(child), line);
    return god_fail(err, GOD_E_IO, "%s %d: %s", end.how == GDI_CHILD_EXITED ? "exit status" : "signal", end.code, line);
}

void gdi_run_logs_find_url(const char *text, char ret_url[GDI_RUN_URL_BYTES])
{
    const char *at = strstr(text, "https://wandb.ai/");
    size_t bytes = 0;
    for (; at != NULL && (unsigned char)at[bytes] > ' ' && (unsigned char)at[bytes] < 0x7f; bytes++) {
    }
    (void)snprintf(ret_url, GDI_RUN_URL_BYTES, "%.*s", (int)bytes, at == NULL ? "" : at);
}

god_status gdi_run_logs_send(const gdi_job *job, const char *dir, const char *key, char ret_url[GDI_RUN_URL_BYTES],
                             god_error *err)
{
    const gdi_strings *program = &job->work->config->trainer_wandb_command;
    char home[GOD_PATH_MAX], target[GOD_PATH_MAX], *variable = NULL;
    const char *name = strrchr(dir, '/');
    command cmd = {.count = 0};
    gdi_child *child = NULL;
    GOD_TRY(find_home(program->items[0], home, err));
    (void)snprintf(target, sizeof target, "%s%s", inside, name == NULL ? dir : name + 1);
    add_jail(&cmd, home, dir, target);
    for (size_t i = 0; i < program->count; i++) {
        add(&cmd, program->items[i]);
    }
    add(&cmd, target);
    const size_t bytes = strlen(key) + sizeof key_name + 1;
    variable = malloc(bytes);
    if (variable == NULL || cmd.count == words_max) {
        free(variable);
        return god_fail(err, GOD_E_NOMEM, "out of memory for a command, or it has too many words");
    }
    (void)snprintf(variable, bytes, "%s=%s", key_name, key);
    const char *const variables[] = {variable, NULL};
    const gdi_child_options options = {.argv = cmd.words, .extra_env = variables, .cwd = "/"};
    god_status status = gdi_child_start(&options, &child, err);
    explicit_bzero(variable, bytes);
    free(variable);
    GOD_TRY(status);
    status = wait_for(job, child, err);
    if (status == GOD_OK) {
        gdi_run_logs_find_url(gdi_child_output(child), ret_url);
    }
    gdi_child_free(child);
    return status;
}
