#include "hub_process.h"

#include <check.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

void hub_process_start(hub_process *hub)
{
    static const char *const none[] = {NULL};
    hub_process_start_with(hub, none);
}

void hub_process_start_with(hub_process *hub, const char *const *folders)
{
    int in[2], out[2];
    char line[64] = "";
    posix_spawn_file_actions_t actions;
    (void)snprintf(hub->log, sizeof hub->log, "hub-%d.log", (int)getpid());
    (void)unlink(hub->log);
    const char *argv[5 + 2 * HUB_FOLDERS_MAX] = {"python3", GOD_SOURCE_DIR "/tests/hub/hub.py", "--log", hub->log};
    for (size_t i = 0, count = 4; folders[i] != NULL; i++) {
        ck_assert_uint_lt(i, HUB_FOLDERS_MAX);
        argv[count++] = "--folder";
        argv[count++] = folders[i];
    }
    ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    ck_assert_int_eq(posix_spawn_file_actions_init(&actions), 0);
    ck_assert_int_eq(posix_spawn_file_actions_adddup2(&actions, in[0], 0), 0);
    ck_assert_int_eq(posix_spawn_file_actions_adddup2(&actions, out[1], 1), 0);
    ck_assert_int_eq(posix_spawnp(&hub->pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(in[0]);
    (void)close(out[1]);
    hub->stdin_fd = in[1];
    FILE *answer = fdopen(out[0], "r");
    ck_assert_ptr_nonnull(answer);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, answer));
    (void)fclose(answer);
    ck_assert_int_eq(sscanf(line, "%d", &hub->port), 1);
    (void)snprintf(hub->endpoint, sizeof hub->endpoint, "http://127.0.0.1:%d", hub->port);
}

void hub_process_stop(hub_process *hub)
{
    int status = 0;
    (void)close(hub->stdin_fd);
    (void)waitpid(hub->pid, &status, 0);
    (void)unlink(hub->log);
}

int hub_process_logged(const hub_process *hub, const char *a, const char *b)
{
    static char line[1 << 16];
    int count = 0;
    FILE *log = fopen(hub->log, "r");
    ck_assert_ptr_nonnull(log);
    while (fgets(line, sizeof line, log) != NULL) {
        count += strstr(line, a) != NULL && (b == NULL || strstr(line, b) != NULL);
    }
    (void)fclose(log);
    return count;
}
