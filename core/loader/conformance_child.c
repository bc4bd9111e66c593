#include "core/loader/conformance_child.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/loader/checks.h"
#include "core/loader/tables.h"
#include "core/worker/outbox.h"
#include "god/helpers/file.h"

enum { kept_fd = 100, wrong_arguments = 2, cannot_report = 3, task_bytes_max = 16 << 20, submissions_max = 64 };

typedef struct arguments {
    const char *path, *work_dir, *task_path, *data_path, *base_dir;
    const char *so_far;
    gdi_conformance_submission submissions[submissions_max];
    uint32_t submission_count;
} arguments;

/* ---- arguments: written by conformance.c, so a mistake in them is ours ---- */

/* "NAME=DIR"; the name is cut off in place. */
static int read_submission(char *text, arguments *ret)
{
    char *equals = strchr(text, '=');
    if (equals == NULL || ret->submission_count == submissions_max) {
        return 0;
    }
    *equals = '\0';
    ret->submissions[ret->submission_count++] = (gdi_conformance_submission){.id = text, .model_dir = equals + 1};
    return 1;
}

static int read_arguments(int argc, char **argv, arguments *ret)
{
    if (argc < 3 || argc % 2 == 0 || strlen(argv[1]) > gdi_check_count) {
        return 0;
    }
    *ret = (arguments){.path = argv[0], .so_far = argv[1], .work_dir = argv[2]};
    for (int i = 3; i < argc; i += 2) {
        if (strcmp(argv[i], "--task") == 0) {
            ret->task_path = argv[i + 1];
        } else if (strcmp(argv[i], "--data") == 0) {
            ret->data_path = argv[i + 1];
        } else if (strcmp(argv[i], "--base") == 0) {
            ret->base_dir = argv[i + 1];
        } else if (strcmp(argv[i], "--submission") != 0 || !read_submission(argv[i + 1], ret)) {
            return 0;
        }
    }
    return 1;
}

/* ---- what can be seen while the file is opened ---- */

static int64_t count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    int64_t count = 0;
    if (dir == NULL) {
        return 0;
    }
    while (readdir(dir) != NULL) {
        count++;
    }
    (void)closedir(dir);
    return count;
}

/* Sends stdout and stderr into a file in memory; where they went before is kept. */
typedef struct diversion {
    int memory, kept[2];
} diversion;

static void divert_output(diversion *ret)
{
    ret->memory = memfd_create("output", MFD_CLOEXEC);
    for (int i = 0; i < 2; i++) {
        ret->kept[i] = fcntl(STDOUT_FILENO + i, F_DUPFD_CLOEXEC, kept_fd);
        (void)dup2(ret->memory, STDOUT_FILENO + i);
    }
}

static uint64_t restore_output(diversion *diverted)
{
    struct stat info = {.st_size = 0};
    (void)fflush(NULL);
    (void)fstat(diverted->memory, &info);
    for (int i = 0; i < 2; i++) {
        (void)dup2(diverted->kept[i], STDOUT_FILENO + i);
        (void)close(diverted->kept[i]);
    }
    (void)close(diverted->memory);
    return (uint64_t)info.st_size;
}

static god_status open_plugin(gdi_checked *what, god_error *err)
{
    void *handle = NULL;
    diversion output;
    divert_output(&output);
    int64_t threads = count_entries("/proc/self/task"), files = count_entries("/proc/self/fd");
    god_status status = gdi_tables_open(what->path, &handle, err);
    if (status == GOD_OK) {
        status = gdi_tables_read(handle, NULL, NULL, &what->plugin, err);
    }
    what->opening_threads = count_entries("/proc/self/task") - threads;
    what->opening_files = count_entries("/proc/self/fd") - files;
    what->opening_output_bytes = restore_output(&output);
    return status;
}

/* ---- frames ---- */

static json_t *verdict_frame(char verdict, const char *message)
{
    return json_pack("{s:s#, s:o}", "verdict", &verdict, 1, "message",
                     gdi_outbox_text(verdict == 'p' ? "" : message, sizeof((god_error *)0)->message));
}

/* ---- the checks in turn ---- */

static char letter_of(uint32_t verdict)
{
    return verdict == GDI_PASS ? 'p' : verdict == GDI_FAIL ? 'f' : 's';
}

/* The id of a check that this one builds on and that failed, or was left out for the same reason; NULL: none. */
static const char *blocked_by(const gdi_check *check, const char *letters)
{
    for (size_t k = 0; k < sizeof check->after / sizeof *check->after && check->after[k] != NULL; k++) {
        for (uint32_t i = 0; letters[i] != '\0'; i++) {
            if ((letters[i] == 'f' || letters[i] == 'b') && strcmp(gdi_checks[i].id, check->after[k]) == 0) {
                return check->after[k];
            }
        }
    }
    return NULL;
}

static char run_check(const gdi_checked *what, const gdi_check *check, const char *letters, god_error *ret_why)
{
    const char *blocker = blocked_by(check, letters);
    if (blocker != NULL) {
        (void)gdi_check_skips(ret_why, "%s must pass first", blocker);
        return 'b';
    }
    return letter_of(check->run(what, ret_why));
}

static god_status run_checks(gdi_outbox *outbox, const gdi_checked *what, const char *so_far)
{
    char *letters = calloc(gdi_check_count + 1, 1);
    god_status status = letters == NULL ? GOD_E_NOMEM : GOD_OK;
    if (status == GOD_OK) {
        memcpy(letters, so_far, strlen(so_far));
    }
    for (size_t i = strlen(so_far); status == GOD_OK && i < gdi_check_count; i++) {
        god_error why = GOD_ERROR_INIT;
        status = gdi_outbox_send_take(outbox, json_pack("{s:s}", "begin", gdi_checks[i].id), NULL);
        if (status == GOD_OK) {
            letters[i] = run_check(what, &gdi_checks[i], letters, &why);
            status = gdi_outbox_send_take(outbox, verdict_frame(letters[i], why.message), NULL);
        }
    }
    free(letters);
    return status == GOD_OK ? gdi_outbox_send_take(outbox, json_pack("{s:b}", "done", 1), NULL) : status;
}

int gdi_conformance_child(int argc, char **argv)
{
    arguments given;
    gdi_outbox outbox;
    char *spec = NULL;
    size_t spec_bytes = 0;
    god_error err = GOD_ERROR_INIT;
    if (!read_arguments(argc, argv, &given)) {
        (void)fprintf(stderr, "wrong arguments for --conformance\n");
        return wrong_arguments;
    }
    if (gdi_outbox_open(&outbox, &err) != GOD_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        return cannot_report;
    }
    gdi_checked what = {.path = given.path,
                        .work_dir = given.work_dir,
                        .data_path = given.data_path,
                        .base_dir = given.base_dir,
                        .submissions = given.submissions,
                        .submission_count = given.submission_count};
    god_status status =
        given.task_path == NULL ? GOD_OK : god_file_read(given.task_path, task_bytes_max, &spec, &spec_bytes, &err);
    if (status == GOD_OK) {
        what.spec_json = spec;
        status = open_plugin(&what, &err);
    }
    if (status != GOD_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        (void)fflush(NULL);
        _exit(cannot_report);
    }
    status = run_checks(&outbox, &what, given.so_far);
    (void)fflush(NULL);
    _exit(status == GOD_OK ? 0 : cannot_report);
}
