#include "core/runner/process/dockerfile.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "god/helpers/text.h"

enum { words_max = 64, word_bytes = 1024, not_found = -1 };

typedef struct parsing {
    const char *where;
    unsigned line; /* of the instruction's start */
    gdi_dockerfile file;
    json_t *entrypoint; /* own; NULL: not seen */
    uint32_t entrypoint_is_shell;
} parsing;

static god_status fail(const parsing *state, god_error *err, const char *what, const char *value)
{
    return god_fail(err, GOD_E_DATA, "%s:%u: %s \"%.120s\"", state->where, state->line, what, value);
}

/* ---- words ---- */

/* The next word of *at, quotes taken off; 0 at the end. Backslash escapes one character outside single quotes. */
static int next_word(const char **at, char word[word_bytes])
{
    size_t used = 0;
    char quote = '\0';
    const char *c = *at;
    while (isblank((unsigned char)*c)) {
        c++;
    }
    if (*c == '\0') {
        return 0;
    }
    for (; *c != '\0' && (quote != '\0' || !isblank((unsigned char)*c)); c++) {
        if (quote == '\0' && (*c == '"' || *c == '\'')) {
            quote = *c;
        } else if (quote != '\0' && *c == quote) {
            quote = '\0';
        } else {
            c += *c == '\\' && quote != '\'' && c[1] != '\0';
            if (used < word_bytes - 1) {
                word[used++] = *c;
            }
        }
    }
    word[used] = '\0';
    *at = c;
    return 1;
}

/* {"/bin/sh", "-c", text} or the JSON array of the exec form. */
static god_status read_command(const parsing *state, const char *text, json_t **ret_list, uint32_t *ret_is_shell,
                               god_error *err)
{
    god_error ignored = GOD_ERROR_INIT;
    json_t *list = NULL;
    size_t i = 0;
    const json_t *item = NULL;
    *ret_is_shell = 0;
    if (*text == '[' && god_json_parse("exec form", text, strlen(text), &list, &ignored) == GOD_OK &&
        json_is_array(list)) {
        json_array_foreach(list, i, item)
        {
            if (!json_is_string(item)) {
                json_decref(list);
                return fail(state, err, "the exec form holds something that is no text:", text);
            }
        }
    } else {
        json_decref(list);
        *ret_is_shell = 1;
        list = json_pack("[s, s, s]", "/bin/sh", "-c", text);
    }
    if (list == NULL) {
        return fail(state, err, "this command is not UTF-8 text:", "");
    }
    *ret_list = list;
    return GOD_OK;
}

/* ---- instructions ---- */

/* `path` seen from the working folder, without "." and "..". */
static god_status make_absolute(const parsing *state, const char *path, char ret_path[512], god_error *err)
{
    char whole[2 * word_bytes];
    size_t used = 0;
    (void)snprintf(whole, sizeof whole, "%s%s%s", path[0] == '/' ? "" : state->file.workdir, path[0] == '/' ? "" : "/",
                   path);
    ret_path[0] = '\0';
    for (const char *at = whole; *at != '\0';) {
        size_t bytes = strcspn(at, "/");
        if (bytes == 2 && at[0] == '.' && at[1] == '.') {
            return fail(state, err, "\"..\" is not followed in", path);
        }
        if (bytes > 0 && !(bytes == 1 && *at == '.')) {
            if (used + bytes + 2 > 512) {
                return fail(state, err, "this path is too long:", path);
            }
            ret_path[used++] = '/';
            memcpy(ret_path + used, at, bytes);
            used += bytes;
            ret_path[used] = '\0';
        }
        at += bytes + (at[bytes] == '/');
    }
    if (used == 0) {
        (void)snprintf(ret_path, 512, "/");
    }
    return GOD_OK;
}

/* A source below the repository; "" is its top. */
static god_status read_source(const parsing *state, const char *word, char ret_path[512], god_error *err)
{
    parsing at_top = *state;
    if (strstr(word, "://") != NULL || strpbrk(word, "*?[") != NULL || strncmp(word, "<<", 2) == 0) {
        return fail(state, err, "only files of the repository can be copied, named in full, not", word);
    }
    (void)snprintf(at_top.file.workdir, sizeof at_top.file.workdir, "/");
    GOD_TRY(make_absolute(&at_top, word, ret_path, err));
    memmove(ret_path, ret_path + 1, strlen(ret_path));
    return GOD_OK;
}

static god_status add_copy(parsing *state, const char *source, const char *target, int into_folder, god_error *err)
{
    char from[512], to[512];
    GOD_TRY(read_source(state, source, from, err));
    GOD_TRY(make_absolute(state, target, to, err));
    if (json_array_size(state->file.copies) >= GDI_DOCKERFILE_COPIES_MAX) {
        return fail(state, err, "there are too many COPY lines at", source);
    }
    if (json_array_append_new(state->file.copies, json_pack("[s, s, b]", from, to, into_folder)) != 0) {
        return fail(state, err, "this path is not UTF-8 text:", "");
    }
    return GOD_OK;
}

static god_status copy(parsing *state, const char *text, god_error *err)
{
    static _Thread_local char words[words_max][word_bytes];
    size_t count = 0;
    for (char word[word_bytes]; next_word(&text, word);) {
        if (count == 0 && strncmp(word, "--", 2) == 0) {
            if (strncmp(word, "--chmod=", 8) == 0 || strncmp(word, "--chown=", 8) == 0 || strcmp(word, "--link") == 0) {
                continue;
            }
            return fail(state, err, "this option of COPY cannot be followed without building an image:", word);
        }
        if (count == words_max) {
            return fail(state, err, "too many files in one COPY, at", word);
        }
        memcpy(words[count++], word, sizeof word);
    }
    if (count < 2 || words[0][0] == '[') {
        return fail(state, err, "COPY needs a source and a target, not", count > 0 ? words[0] : "");
    }
    const char *target = words[count - 1];
    size_t target_bytes = strlen(target);
    int is_folder = count > 2 || (target_bytes > 0 && target[target_bytes - 1] == '/') || strcmp(target, ".") == 0;
    for (size_t i = 0; i + 1 < count; i++) {
        GOD_TRY(add_copy(state, words[i], target, is_folder, err));
    }
    return GOD_OK;
}

static god_status add_env(parsing *state, const char *name, const char *value, god_error *err)
{
    if (*name == '\0' || json_array_append_new(state->file.env, json_sprintf("%s=%s", name, value)) != 0) {
        return fail(state, err, "this ENV has no name or is not UTF-8 text:", value);
    }
    return GOD_OK;
}

/* "ENV a=b c=d" or the old "ENV name rest of the line". */
static god_status env(parsing *state, const char *text, god_error *err)
{
    char word[word_bytes];
    const char *at = text;
    while (next_word(&at, word)) {
        char *equal = strchr(word, '=');
        if (equal == NULL) {
            while (isblank((unsigned char)*at)) {
                at++;
            }
            return add_env(state, word, at, err);
        }
        *equal = '\0';
        GOD_TRY(add_env(state, word, equal + 1, err));
    }
    return GOD_OK;
}

static god_status workdir(parsing *state, const char *text, god_error *err)
{
    char word[word_bytes] = "", path[512];
    (void)next_word(&text, word);
    GOD_TRY(make_absolute(state, word, path, err));
    (void)snprintf(state->file.workdir, sizeof state->file.workdir, "%s", path);
    return GOD_OK;
}

static god_status entrypoint(parsing *state, const char *text, god_error *err)
{
    json_decref(state->entrypoint);
    state->entrypoint = NULL;
    return read_command(state, text, &state->entrypoint, &state->entrypoint_is_shell, err);
}

static void clear_parts(parsing *state)
{
    gdi_dockerfile_clear(&state->file);
    json_decref(state->entrypoint);
    state->entrypoint = NULL;
}

static god_status from(parsing *state, const char *text, god_error *err)
{
    (void)text;
    clear_parts(state);
    state->file =
        (gdi_dockerfile){.copies = json_array(), .env = json_array(), .skipped = json_array(), .workdir = "/"};
    if (state->file.copies == NULL || state->file.env == NULL || state->file.skipped == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a Dockerfile");
    }
    return GOD_OK;
}

static god_status refuse(parsing *state, const char *text, god_error *err)
{
    return fail(state, err, "this instruction cannot be followed without building an image:", text);
}

static const struct {
    const char *name;
    god_status (*follow)(parsing *state, const char *text, god_error *err); /* NULL: noted and skipped */
} instructions[] = {
    {"FROM", from},     {"WORKDIR", workdir},       {"ENV", env},          {"COPY", copy},
    {"ADD", copy},      {"ENTRYPOINT", entrypoint}, {"CMD", NULL},         {"RUN", NULL},
    {"LABEL", NULL},    {"EXPOSE", NULL},           {"USER", NULL},        {"SHELL", NULL},
    {"ARG", NULL},      {"STOPSIGNAL", NULL},       {"HEALTHCHECK", NULL}, {"MAINTAINER", NULL},
    {"VOLUME", refuse}, {"ONBUILD", refuse},
};

static int find_instruction(const char *name)
{
    for (size_t i = 0; i < sizeof instructions / sizeof *instructions; i++) {
        if (strcasecmp(instructions[i].name, name) == 0) {
            return (int)i;
        }
    }
    return not_found;
}

static void note_skipped(parsing *state, const char *name)
{
    size_t i = 0;
    const json_t *item = NULL;
    json_array_foreach(state->file.skipped, i, item)
    {
        if (strcmp(json_string_value(item), name) == 0) {
            return;
        }
    }
    (void)json_array_append_new(state->file.skipped, json_string(name));
}

static god_status follow(parsing *state, const char *text, god_error *err)
{
    char name[word_bytes];
    const char *rest = text;
    if (!next_word(&rest, name)) {
        return GOD_OK;
    }
    int i = find_instruction(name);
    if (i == not_found) {
        return fail(state, err, "this is no instruction of a Dockerfile:", name);
    }
    if (state->file.copies == NULL && instructions[i].follow != from && strcasecmp(name, "ARG") != 0) {
        return fail(state, err, "a Dockerfile begins with FROM, not with", name);
    }
    while (isblank((unsigned char)*rest)) {
        rest++;
    }
    if (instructions[i].follow != NULL) {
        return instructions[i].follow(state, rest, err);
    }
    if (state->file.copies != NULL) {
        note_skipped(state, instructions[i].name);
    }
    return GOD_OK;
}

/* ---- lines ---- */

/* Appends one line; *ret_goes_on when it ends in a backslash. Comment lines count as nothing. */
static god_status take_line(god_text *whole, const char *line, size_t bytes, int *ret_goes_on, god_error *err)
{
    size_t blank = 0;
    while (bytes > 0 && isspace((unsigned char)line[bytes - 1])) {
        bytes--;
    }
    while (blank < bytes && isblank((unsigned char)line[blank])) {
        blank++;
    }
    if (blank < bytes && line[blank] == '#') {
        return GOD_OK; /* also between the lines of one instruction */
    }
    *ret_goes_on = bytes > 0 && line[bytes - 1] == '\\';
    GOD_TRY(god_text_append(whole, line, bytes - (*ret_goes_on ? 1 : 0), err));
    return GOD_OK;
}

static god_status follow_lines(parsing *state, const char *text, size_t bytes, god_error *err)
{
    god_text whole = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    unsigned line = 0;
    int goes_on = 0;
    for (const char *at = text, *end = text + bytes; status == GOD_OK && at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t count = stop != NULL ? (size_t)(stop - at) : (size_t)(end - at);
        if (++line > GDI_DOCKERFILE_LINES_MAX) {
            status = god_fail(err, GOD_E_DATA, "%s: more than %d lines", state->where, GDI_DOCKERFILE_LINES_MAX);
            break;
        }
        state->line = goes_on ? state->line : line;
        status = take_line(&whole, at, count, &goes_on, err);
        at += count + 1;
        if (status == GOD_OK && (!goes_on || at >= end)) {
            status = follow(state, whole.data != NULL ? whole.data : "", err);
            god_text_clear(&whole);
        }
    }
    god_text_free(&whole);
    return status;
}

/* The arguments of a run take the place of CMD and follow ENTRYPOINT; one in shell form does not take any. */
static god_status take_entrypoint(parsing *state, god_error *err)
{
    if (state->file.copies == NULL || state->entrypoint == NULL || json_array_size(state->entrypoint) == 0) {
        return god_fail(err, GOD_E_DATA, "%s: it has no ENTRYPOINT that could take the arguments of a training",
                        state->where);
    }
    state->file.command = state->entrypoint;
    state->file.takes_arguments = !state->entrypoint_is_shell;
    state->entrypoint = NULL;
    return GOD_OK;
}

god_status gdi_dockerfile_parse(const char *where, const char *text, size_t bytes, gdi_dockerfile *ret_file,
                                god_error *err)
{
    parsing state = {.where = where};
    if (memchr(text, '\0', bytes) != NULL || bytes > GDI_DOCKERFILE_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: it is no text of at most %d bytes", where, GDI_DOCKERFILE_BYTES_MAX);
    }
    god_status status = follow_lines(&state, text, bytes, err);
    if (status == GOD_OK) {
        status = take_entrypoint(&state, err);
    }
    if (status != GOD_OK) {
        clear_parts(&state);
        return status;
    }
    *ret_file = state.file;
    return GOD_OK;
}

god_status gdi_dockerfile_read(const char *path, gdi_dockerfile *ret_file, god_error *err)
{
    char *text = NULL;
    size_t bytes = 0;
    GOD_TRY(god_file_read(path, GDI_DOCKERFILE_BYTES_MAX, &text, &bytes, err));
    const char *slash = strrchr(path, '/');
    god_status status = gdi_dockerfile_parse(slash != NULL ? slash + 1 : path, text, bytes, ret_file, err);
    free(text);
    return status;
}

void gdi_dockerfile_clear(gdi_dockerfile *file)
{
    json_decref(file->command);
    json_decref(file->copies);
    json_decref(file->env);
    json_decref(file->skipped);
    *file = (gdi_dockerfile){.command = NULL};
}
