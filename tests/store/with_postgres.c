/* with-postgres COMMAND [ARGUMENT ...]: runs a command beside a PostgreSQL server of its own (tests/store/server.h).
 *
 *     $GOD_TEST_STORE    the address of an empty database
 *     $GOD_TEST_SERVER   the id of this process: SIGUSR1 kills the server with SIGKILL and starts it again
 *
 * Ends with the command's status; 77, which ctest takes for "skipped", when there is no server. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/server.h"

enum { exit_skipped = 77 };

static pid_t start_command(char **argv, const char *url, const sigset_t *blocked)
{
    char self[32];
    (void)snprintf(self, sizeof self, "%d", (int)getpid());
    (void)setenv("GOD_TEST_STORE", url, 1);
    (void)setenv("GOD_TEST_SERVER", self, 1);
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)sigprocmask(SIG_UNBLOCK, blocked, NULL);
        (void)execvp(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    return pid;
}

/* Until the command has ended; its exit status. */
static int serve(test_server *server, pid_t command, int signals)
{
    for (;;) {
        struct signalfd_siginfo info;
        int status = 0;
        if (waitpid(command, &status, WNOHANG) == command) {
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        if (read(signals, &info, sizeof info) != (ssize_t)sizeof info) {
            return 1;
        }
        if (info.ssi_signo == SIGUSR1) {
            test_server_kill(server);
            if (!test_server_restart(server)) {
                (void)fprintf(stderr, "with-postgres: the server did not come up again\n");
                (void)kill(command, SIGKILL);
            }
        } else if (info.ssi_signo != SIGCHLD) {
            (void)kill(command, (int)info.ssi_signo);
        }
    }
}

int main(int argc, char **argv)
{
    char why[256], url[512];
    if (argc < 2) {
        (void)fprintf(stderr, "usage: with-postgres COMMAND [ARGUMENT ...]\n");
        return 2;
    }
    test_server *server = test_server_start(why, sizeof why);
    if (server == NULL) {
        (void)printf("skipped: %s\n", why);
        return exit_skipped;
    }
    sigset_t blocked;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGUSR1);
    (void)sigaddset(&blocked, SIGCHLD);
    (void)sigaddset(&blocked, SIGINT);
    (void)sigaddset(&blocked, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &blocked, NULL);
    int signals = signalfd(-1, &blocked, SFD_CLOEXEC);
    int code = 1;
    if (test_server_database(server, "god", url, sizeof url)) {
        code = serve(server, start_command(argv + 1, url, &blocked), signals);
    }
    test_server_stop(server);
    return code;
}
