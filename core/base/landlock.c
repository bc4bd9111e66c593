#include "core/base/landlock.h"

#include <assert.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

static const uint64_t reads = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t writes = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                               LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                               LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM;
static const uint64_t never = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                              LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK;

static god_status allow_below(int rules, uint64_t access, const char *dir, god_error *err)
{
    struct landlock_path_beneath_attr below = {.allowed_access = access,
                                               .parent_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)};
    god_status status = GOD_OK;
    if (below.parent_fd < 0 || syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0) != 0) {
        status = god_fail_errno(err, GOD_E_IO, "cannot confine this process to \"%s\"", dir);
    }
    if (below.parent_fd >= 0) {
        (void)close(below.parent_fd);
    }
    return status;
}

god_status gdi_landlock_files(uint32_t left, const char *writable_dir, god_error *err)
{
    assert(left == GDI_FILES_NONE || left == GDI_FILES_READ);
    const uint64_t refused = writes | never | (left == GDI_FILES_NONE ? reads : 0);
    const struct landlock_ruleset_attr handled = {.handled_access_fs = refused};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    if (rules < 0) {
        return GOD_OK;
    }
    god_status status =
        writable_dir != NULL ? allow_below(rules, refused & (writes | reads), writable_dir, err) : GOD_OK;
    if (status == GOD_OK && syscall(SYS_landlock_restrict_self, rules, 0) != 0) {
        status = god_fail_errno(err, GOD_E_IO, "cannot close the file system with Landlock");
    }
    (void)close(rules);
    return status;
}
