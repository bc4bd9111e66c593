#include "core/base/signals.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/base/child.h"

/* A signal handler can reach nothing but a global. This is the only one. */
static volatile sig_atomic_t stop_count;

static void count_stop(int signal_number)
{
    (void)signal_number;
    if (stop_count < 100) {
        stop_count++;
    }
}

void gdi_signals_catch(void)
{
    struct sigaction counted = {.sa_handler = count_stop};
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    (void)sigemptyset(&counted.sa_mask);
    (void)sigemptyset(&ignored.sa_mask);
    (void)sigaction(SIGINT, &counted, NULL);
    (void)sigaction(SIGTERM, &counted, NULL);
    (void)sigaction(SIGPIPE, &ignored, NULL);
}

uint32_t gdi_signals_stop_count(void)
{
    return (uint32_t)stop_count;
}

void gdi_signals_die_with_parent(void)
{
    const char *parent = getenv(GDI_CHILD_PARENT_ENV);
    if (parent == NULL) {
        return;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != (pid_t)strtol(parent, NULL, 10)) {
        _exit(128 + SIGKILL);
    }
    /* A process further down has another parent and asks for itself. */
    (void)unsetenv(GDI_CHILD_PARENT_ENV);
}

const char *gdi_signals_name(int signal_number)
{
    switch (signal_number) {
    case SIGSEGV: return "segmentation fault";
    case SIGABRT: return "abort";
    case SIGBUS: return "bus error";
    case SIGFPE: return "arithmetic exception";
    case SIGILL: return "illegal instruction";
    case SIGKILL: return "killed, perhaps for lack of memory";
    case SIGTERM: return "terminated";
    case SIGINT: return "interrupted";
    case SIGXCPU: return "processor time limit";
    case SIGSYS: return "forbidden system call";
    default: return "no further name";
    }
}
