/* The program god-git: one fetch of a stranger's repository, and what is pushed of it, in a process of its own.
 *
 *     god-git ◄── stdin: the request with its tokens       (core/git/repository.c writes it)
 *        └──► frames on descriptor 3: {"received_bytes": ..} while it fetches, then {"commit": ..} or {"error": ..}
 *
 * Pack files come from outside and are taken apart by libgit2, so this never happens in the daemon. The process may
 * write only below the folder of the request (Landlock, where the kernel has it), has limits on memory and file size,
 * no terminal, no git configuration, and dies with its parent, who holds the deadline. */
#include <fcntl.h>
#include <git2.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/frame.h"
#include "core/base/landlock.h"
#include "core/base/signals.h"
#include "core/git/fetch.h"
#include "core/git/push.h"
#include "core/git/tree.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"

enum { progress_period_ms = 250 };

typedef struct request {
    json_t *root;         /* own */
    const char *work_dir; /* an empty folder of this request: tree/ and objects/ appear in it; "" for a head */
    const char *commit, *branch, *token;
    const char *push_url, *push_token, *push_message; /* push_url NULL: nothing is pushed, the files are written */
    gdi_address address, push_address;
    gdi_tree_limits tree;
    gdi_fetch_options fetch;
    uint64_t told_ms;
} request;

static god_status read_request(request *ret_request, god_error *err)
{
    static const char where[] = "request to god-git";
    static char text[GDI_CHILD_INPUT_MAX + 1];
    size_t bytes = fread(text, 1, sizeof text, stdin);
    const char *url = NULL;
    int64_t received = 0, objects = 0, files = 0, tree = 0, file = 0;
    uint32_t local = 0;
    json_t *root = NULL;
    GOD_TRY(god_json_parse(where, text, bytes, &root, err));
    ret_request->root = root;
    GOD_TRY(god_json_get_str(where, root, "url", &url, err));
    GOD_TRY(god_json_get_str(where, root, "work_dir", &ret_request->work_dir, err));
    GOD_TRY(god_json_get_str(where, root, "commit", &ret_request->commit, err));
    GOD_TRY(god_json_get_str(where, root, "branch", &ret_request->branch, err));
    GOD_TRY(god_json_opt_str(where, root, "token", &ret_request->token, err));
    GOD_TRY(god_json_get_bool(where, root, "allow_local", &local, err));
    GOD_TRY(god_json_get_int(where, root, "received_bytes_max", 1, INT64_MAX, &received, err));
    GOD_TRY(god_json_get_int(where, root, "objects_max", 1, UINT32_MAX, &objects, err));
    GOD_TRY(god_json_get_int(where, root, "files_max", 1, INT64_MAX, &files, err));
    GOD_TRY(god_json_get_int(where, root, "tree_bytes_max", 1, INT64_MAX, &tree, err));
    GOD_TRY(god_json_get_int(where, root, "file_bytes_max", 1, INT64_MAX, &file, err));
    GOD_TRY(god_json_opt_str(where, root, "push_url", &ret_request->push_url, err));
    GOD_TRY(god_json_opt_str(where, root, "push_token", &ret_request->push_token, err));
    GOD_TRY(god_json_opt_str(where, root, "push_message", &ret_request->push_message, err));
    GOD_TRY(gdi_address_read(url, local ? GDI_ADDRESS_LOCAL : 0, &ret_request->address, err));
    if (ret_request->push_url != NULL) {
        GOD_TRY(
            gdi_address_read(ret_request->push_url, local ? GDI_ADDRESS_LOCAL : 0, &ret_request->push_address, err));
    }
    ret_request->tree =
        (gdi_tree_limits){.files_max = (uint64_t)files, .bytes_max = (uint64_t)tree, .file_bytes_max = (uint64_t)file};
    ret_request->fetch =
        (gdi_fetch_options){.received_bytes_max = (uint64_t)received, .objects_max = (uint32_t)objects};
    return GOD_OK;
}

static god_status limit_process(const request *req, god_error *err)
{
    const struct rlimit no_core = {0}, files = {.rlim_cur = 256, .rlim_max = 256};
    const rlim_t file_bytes = 2 * (rlim_t)req->fetch.received_bytes_max + ((rlim_t)64 << 20);
    const struct rlimit file_size = {.rlim_cur = file_bytes, .rlim_max = file_bytes};
    if (setrlimit(RLIMIT_CORE, &no_core) != 0 || setrlimit(RLIMIT_NOFILE, &files) != 0 ||
        setrlimit(RLIMIT_FSIZE, &file_size) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot limit what a fetch may use");
    }
    return GOD_OK;
}

static void tell(json_t *frame)
{
    god_error ignored = GOD_ERROR_INIT;
    if (frame != NULL) {
        (void)gdi_frame_write_json(GDI_FRAME_FD, frame, &ignored);
    }
    json_decref(frame);
}

static void tell_progress(void *user, uint64_t received_objects, uint64_t total_objects, uint64_t received_bytes)
{
    request *req = user;
    uint64_t now_ms = gdi_clock_ms();
    if (now_ms - req->told_ms < progress_period_ms) {
        return;
    }
    req->told_ms = now_ms;
    tell(json_pack("{s:I, s:I, s:I}", "received_objects", (json_int_t)received_objects, "total_objects",
                   (json_int_t)total_objects, "received_bytes", (json_int_t)received_bytes));
}

static god_status write_files(const request *req, git_repository *repository, gdi_tree_sums *ret_sums, god_error *err)
{
    char path[GOD_PATH_MAX];
    git_oid id;
    GOD_TRY(god_path_join(req->work_dir, "tree", path, err));
    GOD_TRY(god_dir_make(path, err));
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || git_oid_fromstr(&id, req->commit) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot open \"%s\"", path);
    }
    god_status status = gdi_tree_write(repository, &id, dir, &req->tree, ret_sums, err);
    (void)close(dir);
    return status;
}

static god_status push(const request *req, git_repository *repository, char ret_commit[GDI_COMMIT_HEX + 1],
                       god_error *err)
{
    const gdi_push_options options = {.address = &req->push_address,
                                      .token = req->push_token,
                                      .message = req->push_message == NULL ? "" : req->push_message};
    return gdi_push_commit(repository, &options, req->commit, ret_commit, err);
}

static god_status clone_commit(const request *req, god_error *err)
{
    char path[GOD_PATH_MAX], commit[GDI_COMMIT_HEX + 1];
    git_repository *repository = NULL;
    gdi_tree_sums sums = {0};
    (void)snprintf(commit, sizeof commit, "%s", req->commit);
    GOD_TRY(god_path_join(req->work_dir, "objects", path, err));
    if (git_repository_init(&repository, path, 1) != 0) {
        return god_fail(err, GOD_E_IO, "cannot make a repository in \"%s\"", path);
    }
    god_status status = gdi_fetch_commit(repository, &req->fetch, req->commit, err);
    if (status == GOD_OK) {
        status = req->push_url != NULL ? push(req, repository, commit, err) : write_files(req, repository, &sums, err);
    }
    git_repository_free(repository);
    if (status == GOD_OK) {
        tell(json_pack("{s:s, s:I, s:I}", "commit", commit, "files", (json_int_t)sums.files, "bytes",
                       (json_int_t)sums.bytes));
    }
    return status;
}

static god_status serve(request *req, god_error *err)
{
    GOD_TRY(read_request(req, err));
    req->fetch.address = &req->address;
    req->fetch.token = req->token;
    req->fetch.progress = tell_progress;
    req->fetch.user = req;
    GOD_TRY(limit_process(req, err));
    GOD_TRY(gdi_fetch_init(err));
    GOD_TRY(gdi_landlock_files(GDI_FILES_READ, *req->work_dir != '\0' ? req->work_dir : NULL, err));
    if (*req->work_dir != '\0') {
        return clone_commit(req, err);
    }
    char commit[GDI_COMMIT_HEX + 1];
    GOD_TRY(gdi_fetch_head(&req->fetch, req->branch, commit, err));
    tell(json_pack("{s:s}", "commit", commit));
    return GOD_OK;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc != 1) {
        (void)fputs("usage: god-git\n\nfetches a repository for other programs of god; not called by hand\n", stderr);
        return 2;
    }
    gdi_signals_die_with_parent();
    request req = {.work_dir = "", .commit = "", .branch = ""};
    god_error err = GOD_ERROR_INIT;
    god_status status = serve(&req, &err);
    if (status != GOD_OK) {
        gdi_address_scrub(err.message, req.token);
        gdi_address_scrub(err.message, req.push_token);
        tell(json_pack("{s:s, s:i}", "error", err.message, "status", (int)status));
    }
    json_decref(req.root);
    return status == GOD_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
