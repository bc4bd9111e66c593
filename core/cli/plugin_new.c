/* `god plugin new`: copies the template folder and fills in the name.
 *
 * In contents and file names, @NAME@ becomes the name ("my-score") and @TASK_TYPE@ the same as the name of a task type
 * ("MyScoreTask"). The folder appears whole or not at all. */
#include <ctype.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/layout.h"
#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/cli/plugin.h"
#include "god/helpers/file.h"
#include "god/helpers/text.h"

enum { name_bytes_max = 40, task_type_bytes = name_bytes_max + 8, template_bytes_max = 1 << 20 };

static const gdi_option options[] = {
    {.name = "--dir", .value = "DIR", .help = "the folder to make; ./NAME unless it is given"},
    {.name = NULL},
};

static const gdi_usage usage = {
    .command = "god plugin new",
    .synopsis = "NAME [--dir DIR]",
    .summary = "Makes a folder with a small plug-in that builds and passes every check. NAME begins with a letter\n"
               "and has lower-case letters, digits and '-'.",
    .options = options,
    .notes = "exit codes: 0 made, 2 the name or the folder is at fault, 3 the system failed\n",
};

typedef struct arguments {
    const char *name, *dir;
} arguments;

/* What the placeholders stand for. */
typedef struct words {
    const char *name;
    char task_type[task_type_bytes];
} words;

static god_status take_option(void *user, const char *name, const char *value, god_error *err)
{
    arguments *args = user;
    const char **slot = name == NULL ? &args->name : &args->dir;
    if (*slot != NULL) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is one argument too many", value);
    }
    *slot = value;
    return GOD_OK;
}

static god_status check_name(const char *name, god_error *err)
{
    size_t bytes = strlen(name);
    if (bytes == 0 || bytes > name_bytes_max || !islower((unsigned char)name[0]) ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != bytes || name[bytes - 1] == '-') {
        return god_fail(
            err, GOD_E_INVALID,
            "the name \"%.60s\" will not do: 1 to %d lower-case letters, digits and '-', a letter first and "
            "no '-' last",
            name, name_bytes_max);
    }
    return GOD_OK;
}

static void find_words(const char *name, words *ret)
{
    size_t at = 0;
    int begins_word = 1;
    *ret = (words){.name = name};
    for (size_t i = 0; name[i] != '\0'; i++) {
        if (name[i] != '-') {
            ret->task_type[at++] = (char)(begins_word ? toupper((unsigned char)name[i]) : name[i]);
        }
        begins_word = name[i] == '-';
    }
    (void)snprintf(ret->task_type + at, task_type_bytes - at, "Task");
}

static god_status fill_in(const words *w, const char *text, god_text *filled, god_error *err)
{
    const struct {
        const char *placeholder, *word;
    } all[] = {{"@NAME@", w->name}, {"@TASK_TYPE@", w->task_type}};
    while (*text != '\0') {
        size_t plain = strcspn(text, "@");
        GOD_TRY(god_text_append(filled, text, plain, err));
        text += plain;
        const char *word = NULL;
        for (size_t i = 0; word == NULL && i < sizeof all / sizeof *all; i++) {
            size_t bytes = strlen(all[i].placeholder);
            if (strncmp(text, all[i].placeholder, bytes) == 0) {
                word = all[i].word;
                text += bytes;
            }
        }
        if (word != NULL) {
            GOD_TRY(god_text_append_str(filled, word, err));
        } else if (*text == '@') {
            GOD_TRY(god_text_append(filled, text++, 1, err));
        }
    }
    return GOD_OK;
}

/* ---- copying ---- */

typedef struct copy {
    const words *words;
    const char *from, *to;
} copy;

static god_status copy_folder(const words *w, const char *from, const char *to, god_error *err);

static god_status copy_file(const words *w, const char *from, const char *to, god_error *err)
{
    char *text = NULL;
    size_t bytes = 0;
    god_text filled = GOD_TEXT_INIT;
    GOD_TRY(god_file_read(from, template_bytes_max, &text, &bytes, err));
    god_status status = fill_in(w, text, &filled, err);
    if (status == GOD_OK) {
        status = god_file_write(to, filled.data == NULL ? "" : filled.data, filled.bytes, err);
    }
    if (status == GOD_OK && chmod(to, 0644) != 0) {
        status = god_fail_errno(err, GOD_E_IO, "cannot make \"%s\" readable", to);
    }
    god_text_free(&filled);
    free(text);
    return status;
}

static god_status copy_entry(void *user, const char *name, god_error *err)
{
    const copy *c = user;
    char from[GOD_PATH_MAX], to[GOD_PATH_MAX];
    struct stat info;
    god_text new_name = GOD_TEXT_INIT;
    god_status status = fill_in(c->words, name, &new_name, err);
    if (status == GOD_OK) {
        status = god_path_join(c->from, name, from, err);
    }
    if (status == GOD_OK) {
        status = god_path_join(c->to, new_name.data, to, err);
    }
    god_text_free(&new_name);
    GOD_TRY(status);
    if (stat(from, &info) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot look at \"%s\"", from);
    }
    return S_ISDIR(info.st_mode) ? copy_folder(c->words, from, to, err) : copy_file(c->words, from, to, err);
}

static god_status copy_folder(const words *w, const char *from, const char *to, god_error *err)
{
    copy c = {.words = w, .from = from, .to = to};
    if (mkdir(to, 0755) != 0 && errno != EEXIST) {
        return god_fail_errno(err, GOD_E_IO, "cannot make the folder \"%s\"", to);
    }
    return god_dir_each(from, &c, copy_entry, err);
}

/* ---- the command ---- */

static god_status make_plugin(const arguments *args, const char *dir, god_error *err)
{
    gdi_layout layout;
    words w;
    char template_dir[GOD_PATH_MAX], staging[GOD_PATH_MAX + 8];
    god_error ignored = GOD_ERROR_INIT;
    GOD_TRY(check_name(args->name, err));
    find_words(args->name, &w);
    GOD_TRY(gdi_layout_find(&layout, err));
    GOD_TRY(god_path_join(layout.templates_dir, "plugin", template_dir, err));
    if (!god_file_exists(template_dir)) {
        return god_fail(err, GOD_E_IO, "the template \"%s\" is missing from this installation", template_dir);
    }
    if (god_file_exists(dir)) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is there already: choose another name or --dir", dir);
    }
    int count = snprintf(staging, sizeof staging, "%s.XXXXXX", dir);
    if (count < 0 || (size_t)count >= sizeof staging || mkdtemp(staging) == NULL) {
        return god_fail_errno(err, GOD_E_INVALID, "cannot make a folder beside \"%s\"", dir);
    }
    god_status status = chmod(staging, 0755) == 0 ? copy_folder(&w, template_dir, staging, err)
                                                  : god_fail_errno(err, GOD_E_IO, "cannot make \"%s\" readable", dir);
    if (status == GOD_OK && rename(staging, dir) != 0) {
        status = god_fail_errno(err, GOD_E_IO, "cannot make the folder \"%s\"", dir);
    }
    if (status != GOD_OK) {
        (void)god_dir_remove(staging, &ignored);
    }
    return status;
}

static void print_next_steps(const arguments *args, const char *dir)
{
    (void)printf("made %s; next:\n\n"
                 "  cd %s\n"
                 "  cmake -S . -B build && cmake --build build\n"
                 "  god plugin check build/%s.so\n\n"
                 "README.md in it says what to change first.\n",
                 dir, dir, args->name);
}

int gdi_plugin_new(int argc, char **argv)
{
    arguments args = {.name = NULL};
    god_error err = GOD_ERROR_INIT;
    int code = GDI_EXIT_OK;
    if (!gdi_options_begin(&usage, argc, argv, &args, take_option, &args.name, &code)) {
        return code;
    }
    const char *dir = args.dir == NULL ? args.name : args.dir;
    if (make_plugin(&args, dir, &err) != GOD_OK) {
        return gdi_cli_fail("plugin new", &err);
    }
    print_next_steps(&args, dir);
    return GDI_EXIT_OK;
}
