/* Each case seals a child of its own and tries what a sealed process must not be able to do. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/jail/seal.h"

Suite *jail_seal_suite(void);

enum { worked = 10, refused = 11, not_sealed = 12 };

/* Runs `attempt` in a sealed child and returns its wait status. */
static int in_sealed_child(int (*attempt)(void))
{
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        god_error err = GOD_ERROR_INIT;
        const gdi_seal_limits limits = {.memory_bytes = 1 << 30, .cpu_s = 5};
        if (gdi_seal(&limits, &err) != GOD_OK) {
            fprintf(stderr, "%s\n", err.message);
            _exit(not_sealed);
        }
        _exit(attempt());
    }
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

static int answer(long result)
{
    return result >= 0 ? worked : refused;
}

static int open_file(void)
{
    return answer(open("/etc/passwd", O_RDONLY));
}

static int open_socket(void)
{
    return answer(socket(AF_INET, SOCK_STREAM, 0));
}

static int start_process(void)
{
    return answer(syscall(SYS_fork));
}

static int signal_parent(void)
{
    return answer(kill(getppid(), 0));
}

static int read_stdin(void)
{
    char byte;
    return answer(read(STDIN_FILENO, &byte, 1));
}

static int map_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ? worked : refused;
}

static int map_memory(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ? worked
                                                                                                      : refused;
}

static int write_answer(void)
{
    return answer(write(STDERR_FILENO, "", 0));
}

static int execute(void)
{
    char *const argv[] = {(char *)"/bin/true", NULL};
    return answer(execve("/bin/true", argv, argv + 1));
}

static int spin(void)
{
    volatile unsigned turns = 0;
    while (turns + 1 != 0) {
        turns += 2; /* never wraps to the value that would end it */
    }
    return worked;
}

static int (*const refused_attempts[])(void) = {open_file,     open_socket, start_process,
                                                signal_parent, read_stdin,  map_code};
static int (*const allowed_attempts[])(void) = {map_memory, write_answer};

START_TEST(test_jail_seal__refuses_files_network_processes_and_code)
{
    int status = in_sealed_child(refused_attempts[_i]);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), refused);
}
END_TEST

START_TEST(test_jail_seal__still_computes_and_answers)
{
    int status = in_sealed_child(allowed_attempts[_i]);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), worked);
}
END_TEST

START_TEST(test_jail_seal__kills_who_executes)
{
    int status = in_sealed_child(execute);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGSYS);
}
END_TEST

START_TEST(test_jail_seal__ends_endless_loops)
{
    int status = in_sealed_child(spin);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGXCPU);
}
END_TEST

Suite *jail_seal_suite(void)
{
    Suite *suite = suite_create("jail_seal");
    TCase *cases = tcase_create("all");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, test_jail_seal__refuses_files_network_processes_and_code, 0,
                        sizeof refused_attempts / sizeof refused_attempts[0]);
    tcase_add_loop_test(cases, test_jail_seal__still_computes_and_answers, 0,
                        sizeof allowed_attempts / sizeof allowed_attempts[0]);
    tcase_add_test(cases, test_jail_seal__kills_who_executes);
    tcase_add_test(cases, test_jail_seal__ends_endless_loops);
    suite_add_tcase(suite, cases);
    return suite;
}
