#include "core/entry/notices.h"

#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "god/helpers/file.h"

static const char *const license_names[] = {"LICENSE.md", "LICENSE", "license.md", "license",
                                            "License.md", "License", NULL};
static const char *const notice_names[] = {"NOTICE", "NOTICE.txt", "notice.txt", "Notice.txt",
                                           "notice", "Notice",     NULL};

typedef struct cursor {
    const char *text, *end;
} cursor;

static uint32_t is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

/* The next line without what stands behind its last visible character; 0 when there is none. */
static uint32_t next_line(cursor *c, const char **ret_line, size_t *ret_bytes)
{
    if (c->text == c->end) {
        return 0;
    }
    const char *line = c->text, *at = line;
    while (at < c->end && *at != '\n' && *at != '\r') {
        at++;
    }
    const char *last = at;
    while (last > line && is_blank(last[-1])) {
        last--;
    }
    if (at < c->end) {
        at += at[0] == '\r' && at + 1 < c->end && at[1] == '\n' ? 2 : 1;
    }
    c->text = at;
    *ret_line = line;
    *ret_bytes = (size_t)(last - line);
    return 1;
}

static uint32_t is_utf8(const char *text, size_t bytes)
{
    json_t *string = json_stringn(text, bytes);
    uint32_t valid = string != NULL;
    json_decref(string);
    return valid;
}

uint32_t gdi_notice_equals(const char *text, size_t bytes, const char *other, size_t other_bytes)
{
    cursor a = {text, text + bytes}, b = {other, other + other_bytes};
    if (!is_utf8(text, bytes) || !is_utf8(other, other_bytes)) {
        return 0;
    }
    for (;;) {
        const char *line_a = NULL, *line_b = NULL;
        size_t bytes_a = 0, bytes_b = 0;
        uint32_t has_a = next_line(&a, &line_a, &bytes_a), has_b = next_line(&b, &line_b, &bytes_b);
        if (!has_a || !has_b) {
            return has_a == has_b;
        }
        if (bytes_a != bytes_b || memcmp(line_a, line_b, bytes_a) != 0) {
            return 0;
        }
    }
}

/* The first of the names that is a regular file; NULL: none is. */
static const char *find(const char *dir, const char *const *names, char ret_path[GOD_PATH_MAX])
{
    struct stat info;
    for (; *names != NULL; names++) {
        if (god_path_join(dir, *names, ret_path, NULL) == GOD_OK && lstat(ret_path, &info) == 0 &&
            S_ISREG(info.st_mode)) {
            return *names;
        }
    }
    return NULL;
}

static god_status check_one(const char *dir, const char *what, const char *const *names, const char *reference_file,
                            char ret_reason[GDI_NOTICES_REASON_BYTES], god_error *err)
{
    char path[GOD_PATH_MAX], *reference = NULL, *text = NULL;
    size_t reference_bytes = 0, bytes = 0;
    if (reference_file[0] == '\0') {
        return GOD_OK;
    }
    GOD_TRY(god_file_read(reference_file, GDI_NOTICE_BYTES_MAX, &reference, &reference_bytes, err));
    const char *name = find(dir, names, path);
    if (name == NULL) {
        (void)snprintf(ret_reason, GDI_NOTICES_REASON_BYTES, "%s: the repository has none at its top", what);
    } else if (god_file_read(path, GDI_NOTICE_BYTES_MAX, &text, &bytes, NULL) != GOD_OK ||
               !gdi_notice_equals(text, bytes, reference, reference_bytes)) {
        (void)snprintf(ret_reason, GDI_NOTICES_REASON_BYTES, "%s: \"%s\" is not the text that is asked for", what,
                       name);
    }
    free(reference);
    free(text);
    return GOD_OK;
}

god_status gdi_notices_check(const char *tree_dir, const char *license_file, const char *notice_file,
                             char ret_reason[GDI_NOTICES_REASON_BYTES], god_error *err)
{
    ret_reason[0] = '\0';
    GOD_TRY(check_one(tree_dir, "LICENSE", license_names, license_file, ret_reason, err));
    return ret_reason[0] != '\0' ? GOD_OK : check_one(tree_dir, "NOTICE", notice_names, notice_file, ret_reason, err);
}
