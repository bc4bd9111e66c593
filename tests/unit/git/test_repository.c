/* Whole fetches from a real git server on loopback, see git_server.py. */
#include "core/git/repository.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "god/helpers/text.h"

Suite *git_repository_suite(void);

static const char token[] = "github_pat_11A/b+c"; /* of TV-16 */
static char dir[] = "/tmp/god-test-git-XXXXXX";
static gdi_layout layout;
static god_error err = GOD_ERROR_INIT;
static pid_t server;
static int server_stdin = -1;
static unsigned port;

static void make_repositories(void)
{
    char command[600];
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(command, sizeof command, "sh %s %s/remote", MAKE_REPOSITORY, dir);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(gdi_layout_from(GOD_BUILD_DIR "/bin/god", &layout, &err), GOD_OK);
}

static void remove_repositories(void)
{
    ck_assert_int_eq(god_dir_remove(dir, &err), GOD_OK);
}

static void start_server(const char *with_token, const char *fault)
{
    char root[600];
    int in[2], out[2];
    (void)snprintf(root, sizeof root, "%s/remote", dir);
    ck_assert(pipe(in) == 0 && pipe(out) == 0);
    server = fork();
    if (server == 0) {
        (void)dup2(in[0], 0);
        (void)dup2(out[1], 1);
        (void)close(in[1]);
        (void)close(out[0]);
        (void)execlp("python3", "python3", GIT_SERVER, root, with_token, fault, (char *)NULL);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    server_stdin = in[1];
    FILE *lines = fdopen(out[0], "r");
    ck_assert_ptr_nonnull(lines);
    ck_assert_int_eq(fscanf(lines, "%u", &port), 1);
    (void)fclose(lines);
}

static void stop_server(void)
{
    if (server > 0) {
        (void)close(server_stdin);
        (void)kill(server, SIGKILL);
        (void)waitpid(server, NULL, 0);
        server = 0;
    }
}

static const char *commit_named(const char *name)
{
    static char commit[64];
    char path[600], found[64];
    (void)snprintf(path, sizeof path, "%s/remote/commits", dir);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    while (fscanf(file, "%63s %63s", found, commit) == 2 && strcmp(found, name) != 0) {
    }
    (void)fclose(file);
    ck_assert_str_eq(found, name);
    return commit;
}

static const char *dest(void)
{
    static char path[600];
    (void)snprintf(path, sizeof path, "%s/clone", dir);
    return path;
}

static const char *url_of(const char *repository)
{
    static char url[200];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/%s", port, repository);
    return url;
}

static god_status fetch(gdi_repository_request request, gdi_repository *ret_repository)
{
    request.dest_dir = dest();
    request.allow_local = 1;
    err = (god_error)GOD_ERROR_INIT;
    return gdi_repository_fetch(&layout, &request, ret_repository, &err);
}

static char *content(const char *name)
{
    char path[700];
    char *data = NULL;
    size_t bytes = 0;
    (void)snprintf(path, sizeof path, "%s/%s", dest(), name);
    ck_assert_msg(god_file_read(path, 1 << 20, &data, &bytes, &err) == GOD_OK, "%s", err.message);
    return data;
}

static void assert_nothing_is_left(void)
{
    char part[700];
    (void)snprintf(part, sizeof part, "%s.part", dest());
    ck_assert(!god_file_exists(dest()));
    ck_assert(!god_file_exists(part));
}

/* Only files, links and folders of the commit, byte for byte. */
static void assert_good_tree(void)
{
    char path[700], target[64] = "";
    struct stat info;
    char *text = content("plain.txt"), *pointer = content("weights.bin");
    ck_assert_str_eq(text, "one\ntwo\n");
    ck_assert_ptr_nonnull(strstr(pointer, "git-lfs"));
    free(text);
    free(pointer);
    (void)snprintf(path, sizeof path, "%s/sub/run.sh", dest());
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0755);
    (void)snprintf(path, sizeof path, "%s/sub/link", dest());
    ck_assert_int_eq(readlink(path, target, sizeof target - 1), 12);
    ck_assert_str_eq(target, "../plain.txt");
    (void)snprintf(path, sizeof path, "%s/.git", dest());
    ck_assert(!god_file_exists(path));
}

START_TEST(test_git_repository__fetches_one_commit_byte_for_byte)
{
    gdi_repository repository;
    start_server("", "");
    gdi_repository_request request = {.url = url_of("repo.git"), .commit = commit_named("good")};
    ck_assert_msg(fetch(request, &repository) == GOD_OK, "%s", err.message);
    ck_assert_str_eq(repository.commit, commit_named("good"));
    ck_assert_uint_eq(repository.files, 8);
    assert_good_tree();
    ck_assert_int_eq(fetch(request, &repository), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "is there already"));
}
END_TEST

START_TEST(test_git_repository__falls_back_to_all_branches_and_fetches_folders)
{
    gdi_repository repository;
    char url[700];
    (void)snprintf(url, sizeof url, "file://%s/remote/old.git", dir);
    gdi_repository_request request = {.url = url, .commit = commit_named("good")};
    ck_assert_msg(fetch(request, &repository) == GOD_OK, "%s", err.message);
    assert_good_tree();
}
END_TEST

START_TEST(test_git_repository__gives_the_token_and_shows_it_nowhere)
{
    gdi_repository repository;
    start_server(token, "");
    gdi_repository_request request = {.url = url_of("repo.git"), .commit = commit_named("good")};
    ck_assert_int_eq(fetch(request, &repository), GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "private or does not exist"));
    assert_nothing_is_left();
    request.token = "ghp/wrong+one";
    ck_assert_int_eq(fetch(request, &repository), GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "refuses the token"));
    ck_assert_ptr_null(strstr(err.message, "wrong+one"));
    request.token = token;
    ck_assert_msg(fetch(request, &repository) == GOD_OK, "%s", err.message);
    char command[800];
    (void)snprintf(command, sizeof command, "! grep -rqF '%s' '%s'", token, dest());
    ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(test_git_repository__refuses_what_could_leave_the_folder)
{
    gdi_repository repository;
    start_server("", "");
    gdi_repository_request request = {.url = url_of("repo.git"), .commit = commit_named("evil_link")};
    ck_assert_int_eq(fetch(request, &repository), GOD_E_DATA);
    ck_assert_str_eq(err.message,
                     "\"sub/evil\" is a symbolic link to \"../../etc/passwd\", which may leave the repository");
    assert_nothing_is_left();
    request.commit = commit_named("evil_name");
    ck_assert_int_eq(fetch(request, &repository), GOD_E_DATA);
    assert_nothing_is_left();
    request.commit = commit_named("submodule");
    ck_assert_msg(fetch(request, &repository) == GOD_OK, "%s", err.message);
    char path[700];
    (void)snprintf(path, sizeof path, "%s/module", dest());
    ck_assert_int_eq(rmdir(path), 0); /* an empty folder */
}
END_TEST

START_TEST(test_git_repository__keeps_its_limits)
{
    gdi_repository repository;
    start_server("", "");
    gdi_repository_request request = {.url = url_of("repo.git"), .commit = commit_named("big")};
    request.file_bytes_max = 2000000;
    ck_assert_int_eq(fetch(request, &repository), GOD_E_DATA);
    ck_assert_str_eq(err.message, "\"zeros\" has 3000000 bytes, files of at most 2000000 are taken");
    request.file_bytes_max = 0;
    request.tree_bytes_max = 2000000;
    ck_assert_int_eq(fetch(request, &repository), GOD_E_DATA);
    request.tree_bytes_max = 0;
    request.files_max = 3;
    ck_assert_int_eq(fetch(request, &repository), GOD_E_DATA);
    ck_assert_str_eq(err.message, "the repository has more than 3 files and folders");
    request.files_max = 0;
    request.objects_max = 2;
    ck_assert_int_eq(fetch(request, &repository), GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "2 are allowed"));
    request.objects_max = 0;
    request.received_bytes_max = 10;
    ck_assert_int_eq(fetch(request, &repository), GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "more than 10 bytes"));
    assert_nothing_is_left();
}
END_TEST

START_TEST(test_git_repository__says_when_the_commit_is_not_there)
{
    gdi_repository repository;
    start_server("", "");
    gdi_repository_request request = {.url = url_of("repo.git"), .commit = "0123456789abcdef0123456789abcdef01234567"};
    ck_assert_int_eq(fetch(request, &repository), GOD_E_NOT_FOUND);
    ck_assert_str_eq(err.message,
                     "Invalid commit hash '0123456789abcdef0123456789abcdef01234567' - commit not found in "
                     "repository");
    request.url = url_of("missing.git");
    ck_assert_int_eq(fetch(request, &repository), GOD_E_IO);
    assert_nothing_is_left();
}
END_TEST

START_TEST(test_git_repository__survives_servers_that_hang_or_cut_off)
{
    gdi_repository repository;
    start_server("", "slow");
    gdi_repository_request request = {.url = url_of("repo.git"), .commit = commit_named("good"), .time_limit_ms = 1000};
    ck_assert_int_eq(fetch(request, &repository), GOD_E_TIMEOUT);
    ck_assert_str_eq(err.message, "fetching the repository took more than 1 s");
    assert_nothing_is_left();
    stop_server();
    start_server("", "drop");
    request.url = url_of("repo.git");
    request.time_limit_ms = 0;
    ck_assert_int_eq(fetch(request, &repository), GOD_E_IO);
    assert_nothing_is_left();
    stop_server();
    start_server(token, "redirect");
    request.url = url_of("repo.git");
    request.token = token;
    ck_assert_int_ne(fetch(request, &repository), GOD_OK);
    ck_assert_ptr_null(strstr(err.message, token));
    assert_nothing_is_left();
}
END_TEST

START_TEST(test_git_repository__finds_the_head_of_a_branch)
{
    char commit[GDI_COMMIT_HEX + 1];
    start_server("", "");
    const gdi_repository_request request = {.url = url_of("repo.git"), .allow_local = 1};
    ck_assert_msg(gdi_repository_head(&layout, &request, "evil", commit, &err) == GOD_OK, "%s", err.message);
    ck_assert_str_eq(commit, commit_named("evil_name"));
    ck_assert_int_eq(gdi_repository_head(&layout, &request, "", commit, &err), GOD_OK);
    ck_assert_str_eq(commit, commit_named("big"));
    ck_assert_int_eq(gdi_repository_head(&layout, &request, "none", commit, &err), GOD_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "has no branch \"none\""));
}
END_TEST

static uint32_t stop_at_once(void *user)
{
    (void)user;
    return 1;
}

START_TEST(test_git_repository__stops_when_asked)
{
    gdi_repository repository;
    start_server("", "slow");
    gdi_repository_request request = {
        .url = url_of("repo.git"), .commit = commit_named("good"), .stop_asked = stop_at_once};
    ck_assert_int_eq(fetch(request, &repository), GOD_E_CANCELLED);
    assert_nothing_is_left();
}
END_TEST

static void remove_clone(void)
{
    stop_server();
    (void)god_dir_remove(dest(), &err);
}

Suite *git_repository_suite(void)
{
    Suite *suite = suite_create("git_repository");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, make_repositories, remove_repositories);
    tcase_add_checked_fixture(tests, NULL, remove_clone);
    tcase_add_test(tests, test_git_repository__fetches_one_commit_byte_for_byte);
    tcase_add_test(tests, test_git_repository__falls_back_to_all_branches_and_fetches_folders);
    tcase_add_test(tests, test_git_repository__gives_the_token_and_shows_it_nowhere);
    tcase_add_test(tests, test_git_repository__refuses_what_could_leave_the_folder);
    tcase_add_test(tests, test_git_repository__keeps_its_limits);
    tcase_add_test(tests, test_git_repository__says_when_the_commit_is_not_there);
    tcase_add_test(tests, test_git_repository__survives_servers_that_hang_or_cut_off);
    tcase_add_test(tests, test_git_repository__finds_the_head_of_a_branch);
    tcase_add_test(tests, test_git_repository__stops_when_asked);
    suite_add_tcase(suite, tests);
    return suite;
}
