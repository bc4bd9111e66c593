#include "tests/store/server.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "god/helpers/file.h"

enum { start_ms = 60 * 1000, look_again_ms = 20 };

struct test_server {
    char bin[256];    /* folder of postgres and initdb */
    char folder[128]; /* data/, the socket, log */
    uid_t user;
    gid_t group;
    pid_t pid; /* of the postmaster; 0: not running */
};

static void wait_a_little(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = look_again_ms * 1000000L}, NULL);
}

/* ---- finding ---- */

static bool has_programs(const char *folder)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/initdb", folder);
    bool there = access(path, X_OK) == 0;
    (void)snprintf(path, sizeof path, "%s/postgres", folder);
    return there && access(path, X_OK) == 0;
}

/* The newest of Debian's versioned folders, or what PATH has. */
static bool find_programs(char *ret_bin, size_t bytes)
{
    glob_t found;
    bool good = false;
    if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            if (has_programs(found.gl_pathv[i])) {
                (void)snprintf(ret_bin, bytes, "%s", found.gl_pathv[i]);
                good = true;
            }
        }
        globfree(&found);
    }
    char *path = strdup(getenv("PATH") == NULL ? "" : getenv("PATH"));
    char *rest = path;
    for (char *folder = strtok_r(path, ":", &rest); !good && folder != NULL; folder = strtok_r(NULL, ":", &rest)) {
        good = has_programs(folder);
        if (good) {
            (void)snprintf(ret_bin, bytes, "%s", folder);
        }
    }
    free(path);
    return good;
}

/* ---- processes ---- */

/* The child's side: another user when this one is root, dead when its parent is, output into the log. */
static void become_child(const test_server *server, pid_t parent, char *const argv[])
{
    char log[256];
    (void)snprintf(log, sizeof log, "%s/log", server->folder);
    if (getuid() == 0 && (setgroups(0, NULL) != 0 || setgid(server->group) != 0 || setuid(server->user) != 0)) {
        _exit(126);
    }
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int null = open("/dev/null", O_RDONLY);
    if (fd < 0 || null < 0 || dup2(null, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0 || chdir(server->folder) != 0) {
        _exit(126);
    }
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGQUIT); /* of a postmaster: all of its processes end at once */
    if (getppid() != parent) {
        _exit(126);
    }
    (void)execv(argv[0], argv);
    _exit(127);
}

static pid_t start_child(const test_server *server, char *const argv[])
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        become_child(server, parent, argv);
    }
    return pid;
}

static int wait_for_child(pid_t pid)
{
    int status = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool make_data(const test_server *server)
{
    char initdb[512], data[256];
    (void)snprintf(initdb, sizeof initdb, "%s/initdb", server->bin);
    (void)snprintf(data, sizeof data, "%s/data", server->folder);
    char *const argv[] = {initdb,
                          (char *)"-D",
                          data,
                          (char *)"-U",
                          (char *)"postgres",
                          (char *)"-A",
                          (char *)"trust",
                          (char *)"-E",
                          (char *)"UTF8",
                          (char *)"--locale-provider=icu",
                          (char *)"--icu-locale=en",
                          (char *)"--locale=C",
                          (char *)"--no-sync",
                          NULL};
    return wait_for_child(start_child(server, argv)) == 0;
}

static void server_url(const test_server *server, const char *database, char *url, size_t bytes)
{
    (void)snprintf(url, bytes, "postgres://postgres@/%s?host=%s", database, server->folder);
}

static bool start_postmaster(test_server *server)
{
    char postgres[512], data[256], url[512];
    (void)snprintf(postgres, sizeof postgres, "%s/postgres", server->bin);
    (void)snprintf(data, sizeof data, "%s/data", server->folder);
    char *const argv[] = {postgres,
                          (char *)"-D",
                          data,
                          (char *)"-k",
                          server->folder,
                          (char *)"-c",
                          (char *)"listen_addresses=",
                          (char *)"-c",
                          (char *)"fsync=off",
                          (char *)"-c",
                          (char *)"max_connections=50",
                          (char *)"-c",
                          (char *)"shared_buffers=16MB",
                          NULL};
    server->pid = start_child(server, argv);
    server_url(server, "postgres", url, sizeof url);
    for (uint64_t end_ms = gdi_clock_ms() + start_ms; gdi_clock_ms() < end_ms; wait_a_little()) {
        if (PQping(url) == PQPING_OK) {
            return true;
        }
        if (waitpid(server->pid, NULL, WNOHANG) == server->pid) {
            server->pid = 0;
            return false;
        }
    }
    return false;
}

/* ---- starting and stopping ---- */

static void print_log(const test_server *server)
{
    char path[256], line[512];
    (void)snprintf(path, sizeof path, "%s/log", server->folder);
    FILE *log = fopen(path, "r");
    while (log != NULL && fgets(line, sizeof line, log) != NULL) {
        (void)fprintf(stderr, "postgres: %s", line);
    }
    if (log != NULL) {
        (void)fclose(log);
    }
}

static bool choose_user(test_server *server)
{
    server->user = getuid();
    server->group = getgid();
    const struct passwd *nobody = getuid() == 0 ? getpwnam("nobody") : NULL;
    if (nobody != NULL) {
        server->user = nobody->pw_uid;
        server->group = nobody->pw_gid;
    }
    return server->user != 0;
}

test_server *test_server_start(char *why, size_t why_bytes)
{
    test_server *server = calloc(1, sizeof *server);
    if (server == NULL || !find_programs(server->bin, sizeof server->bin)) {
        (void)snprintf(why, why_bytes, "PostgreSQL is not installed (looked in /usr/lib/postgresql and on the PATH)");
        free(server);
        return NULL;
    }
    if (!choose_user(server)) {
        (void)snprintf(why, why_bytes, "PostgreSQL does not run as root, and there is no user \"nobody\"");
        free(server);
        return NULL;
    }
    (void)snprintf(server->folder, sizeof server->folder, "/tmp/god-postgres-XXXXXX");
    bool good = mkdtemp(server->folder) != NULL && chown(server->folder, server->user, server->group) == 0;
    if (!good || !make_data(server) || !start_postmaster(server)) {
        (void)snprintf(why, why_bytes, "PostgreSQL in %s did not start", server->bin);
        print_log(server);
        test_server_stop(server);
        return NULL;
    }
    return server;
}

void test_server_stop(test_server *server)
{
    god_error err = GOD_ERROR_INIT;
    if (server == NULL) {
        return;
    }
    if (server->pid > 0) {
        (void)kill(server->pid, SIGQUIT);
        (void)wait_for_child(server->pid);
    }
    (void)god_dir_remove(server->folder, &err);
    free(server);
}

bool test_server_database(test_server *server, const char *name, char *url, size_t url_bytes)
{
    char admin[512], sql[256];
    server_url(server, "postgres", admin, sizeof admin);
    PGconn *pg = PQconnectdb(admin);
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE %s", name);
    PGresult *result = PQexec(pg, sql);
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!good) {
        (void)fprintf(stderr, "%s", PQerrorMessage(pg));
    }
    PQclear(result);
    PQfinish(pg);
    server_url(server, name, url, url_bytes);
    return good;
}

/* ---- killing ---- */

/* The line of /proc/PID/status that begins with `field`, behind it; false: there is no such process. */
static bool read_status(const char *pid, const char *field, char *ret_value, size_t bytes)
{
    char path[300], line[128];
    (void)snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *file = fopen(path, "r");
    bool found = false;
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        found = strncmp(line, field, strlen(field)) == 0;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    (void)snprintf(ret_value, bytes, "%s", found ? line + strlen(field) : "");
    return found;
}

static bool is_child(const char *pid, pid_t parent)
{
    char value[64];
    return read_status(pid, "PPid:\t", value, sizeof value) && atoi(value) == parent;
}

/* Ended, though perhaps nobody has asked yet how. */
static bool is_gone(pid_t pid)
{
    char name[32], value[64];
    (void)snprintf(name, sizeof name, "%d", (int)pid);
    return !read_status(name, "State:\t", value, sizeof value) || value[0] == 'Z';
}

enum { children_max = 256 };

static size_t children_of(pid_t parent, pid_t ret_children[children_max])
{
    size_t count = 0;
    DIR *processes = opendir("/proc");
    for (const struct dirent *entry = readdir(processes); entry != NULL; entry = readdir(processes)) {
        if (isdigit((unsigned char)entry->d_name[0]) && count < children_max && is_child(entry->d_name, parent)) {
            ret_children[count++] = (pid_t)atoi(entry->d_name);
        }
    }
    (void)closedir(processes);
    return count;
}

static void signal_all(const test_server *server, int signal_number)
{
    pid_t children[children_max];
    size_t count = children_of(server->pid, children);
    (void)kill(server->pid, signal_number);
    for (size_t i = 0; i < count; i++) {
        (void)kill(children[i], signal_number);
    }
}

void test_server_hang(test_server *server)
{
    signal_all(server, SIGSTOP);
}

void test_server_go_on(test_server *server)
{
    signal_all(server, SIGCONT);
}

void test_server_kill(test_server *server)
{
    pid_t children[children_max];
    if (server->pid == 0) {
        return;
    }
    (void)kill(server->pid, SIGSTOP); /* starts nobody while we look */
    size_t count = children_of(server->pid, children);
    for (size_t i = 0; i < count; i++) {
        (void)kill(children[i], SIGKILL);
    }
    (void)kill(server->pid, SIGKILL);
    (void)wait_for_child(server->pid);
    for (size_t i = 0; i < count; i++) {
        while (!is_gone(children[i])) { /* its memory must be free before a new server starts */
            wait_a_little();
        }
    }
    server->pid = 0;
}

bool test_server_restart(test_server *server)
{
    return server->pid != 0 || start_postmaster(server);
}
