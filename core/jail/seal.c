#include "core/jail/seal.h"

#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/landlock.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GDI_SHADOW_MEMORY 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GDI_SHADOW_MEMORY 1
#endif
#ifndef GDI_SHADOW_MEMORY
#define GDI_SHADOW_MEMORY 0
#endif

enum { answer_fd = 3 };

static god_status limit(int resource, const char *name, uint64_t value, god_error *err)
{
    const struct rlimit bound = {.rlim_cur = value, .rlim_max = value};
    if (setrlimit((__rlimit_resource_t)resource, &bound) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot limit %s to %llu", name, (unsigned long long)value);
    }
    return GOD_OK;
}

static god_status set_limits(const gdi_seal_limits *limits, god_error *err)
{
    if (!GDI_SHADOW_MEMORY) {
        GOD_TRY(limit(RLIMIT_AS, "memory", limits->memory_bytes, err));
    }
    /* A second between the two, so that the end is SIGXCPU, which says why, and not SIGKILL. */
    const struct rlimit cpu = {.rlim_cur = limits->cpu_s, .rlim_max = limits->cpu_s + 1};
    if (setrlimit(RLIMIT_CPU, &cpu) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot limit processor time to %llu s",
                              (unsigned long long)limits->cpu_s);
    }
    GOD_TRY(limit(RLIMIT_FSIZE, "file size", 0, err));
    GOD_TRY(limit(RLIMIT_NPROC, "processes", 0, err));
    return limit(RLIMIT_CORE, "core files", 0, err);
}

/* Not every kernel grants these to everybody; the filter below holds without them. */
static void leave_shared_namespaces(void)
{
    const int private_parts = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
    if (unshare(private_parts) != 0) {
        (void)unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
    }
}

static god_status drop_privileges(god_error *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot give up privileges");
    }
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capset, &header, none) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot drop capabilities");
    }
    return GOD_OK;
}

/* Harmless calls that a Python interpreter makes while it computes. */
static const int allowed_calls[] = {
    SCMP_SYS(munmap),          SCMP_SYS(mremap),        SCMP_SYS(brk),          SCMP_SYS(madvise),
    SCMP_SYS(futex),           SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),  SCMP_SYS(rt_sigaction),  SCMP_SYS(sigaltstack),  SCMP_SYS(getrandom),
    SCMP_SYS(getpid),          SCMP_SYS(gettid),        SCMP_SYS(sched_yield),  SCMP_SYS(rseq),
    SCMP_SYS(restart_syscall), SCMP_SYS(exit),          SCMP_SYS(exit_group),
};

/* Nobody asks for these by accident. */
static const int deadly_calls[] = {
    SCMP_SYS(execve),      SCMP_SYS(execveat),          SCMP_SYS(ptrace),         SCMP_SYS(process_vm_readv),
    SCMP_SYS(bpf),         SCMP_SYS(process_vm_writev), SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
    SCMP_SYS(keyctl),      SCMP_SYS(io_uring_register), SCMP_SYS(userfaultfd),    SCMP_SYS(mount),
    SCMP_SYS(setns),       SCMP_SYS(unshare),           SCMP_SYS(kexec_load),     SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module), SCMP_SYS(finit_module),
};

static int add_rules(scmp_filter_ctx filter)
{
    int failed = 0;
    for (size_t i = 0; i < sizeof allowed_calls / sizeof allowed_calls[0]; i++) {
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
    }
    for (size_t i = 0; i < sizeof deadly_calls / sizeof deadly_calls[0]; i++) {
        failed |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, deadly_calls[i], 0);
    }
    for (scmp_datum_t fd = STDOUT_FILENO; fd <= answer_fd; fd++) {
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, fd, 0));
    }
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    failed |=
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    return failed;
}

static god_status filter_calls(god_error *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the system call filter");
    }
    god_status status = GOD_OK;
    if (add_rules(filter) != 0) {
        status = god_fail(err, GOD_E_INTERNAL, "the system call filter cannot be built");
    } else if (seccomp_load(filter) != 0) {
        status = god_fail(err, GOD_E_UNSUPPORTED,
                          "this kernel does not accept a system call filter (seccomp), and "
                          "untrusted code does not run without one");
    }
    seccomp_release(filter);
    return status;
}

god_status gdi_seal(const gdi_seal_limits *limits, god_error *err)
{
    if (close_range(answer_fd + 1, ~0u, 0) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot close inherited descriptors");
    }
    leave_shared_namespaces();
    GOD_TRY(set_limits(limits, err));
    GOD_TRY(drop_privileges(err));
    GOD_TRY(gdi_landlock_files(GDI_FILES_NONE, NULL, err));
    return filter_calls(err);
}
