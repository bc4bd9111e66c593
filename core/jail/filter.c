#include "core/jail/filter.h"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static const int refused_calls[] = {
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsmount),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kcmp),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(syslog),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(open_by_handle_at),
};

static int add_rules(scmp_filter_ctx filter)
{
    static const int allowed_families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
    int failed = 0;
    for (size_t i = 0; i < sizeof refused_calls / sizeof *refused_calls; i++) {
        failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(1), refused_calls[i], 0);
    }
    failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(1), SCMP_SYS(ioctl), 1,
                               SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, TIOCSTI));
    for (int family = 0; family < AF_MAX; family++) {
        int allowed = 0;
        for (size_t i = 0; i < sizeof allowed_families / sizeof *allowed_families; i++) {
            allowed |= allowed_families[i] == family;
        }
        if (!allowed) {
            failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(1), SCMP_SYS(socket), 1,
                                       SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family, 0));
        }
    }
    return failed;
}

god_status gdi_filter_export(int *ret_fd, god_error *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (filter == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a system call filter");
    }
    god_status status = GOD_OK;
    int fd = memfd_create("god-filter", MFD_CLOEXEC);
    if (fd < 0 || add_rules(filter) != 0 || seccomp_export_bpf(filter, fd) != 0 || lseek(fd, 0, SEEK_SET) != 0) {
        status = god_fail(err, GOD_E_UNSUPPORTED, "the system call filter cannot be built on this machine");
    }
    seccomp_release(filter);
    if (status != GOD_OK) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return status;
    }
    *ret_fd = fd;
    return GOD_OK;
}
