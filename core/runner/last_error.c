#include "core/runner/last_error.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f' || c == '\n';
}

static int is_telling(const char *line, size_t bytes)
{
    return memchr(line, ':', bytes) != NULL &&
           (memmem(line, bytes, "Error", 5) != NULL || memmem(line, bytes, "Exception", 9) != NULL);
}

size_t gdi_last_error(const char *text, size_t bytes, const char **ret_line)
{
    while (bytes > 0) {
        const char *before = memrchr(text, '\n', bytes);
        const char *line = before != NULL ? before + 1 : text;
        size_t count = (size_t)(text + bytes - line);
        if (is_telling(line, count)) {
            for (; count > 0 && is_blank(*line); line++) {
                count--;
            }
            for (; count > 0 && is_blank(line[count - 1]);) {
                count--;
            }
            *ret_line = line;
            return count;
        }
        bytes = before != NULL ? (size_t)(before - text) : 0;
    }
    return 0;
}

god_status gdi_log_end(const char *path, char **ret_text, size_t *ret_bytes, god_error *err)
{
    struct stat info;
    size_t used = 0;
    char *text = malloc(GDI_LOG_END_BYTES);
    int fd = text != NULL ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (fd < 0) {
        free(text);
        return god_fail_errno(err, GOD_E_IO, "cannot read \"%s\"", path);
    }
    if (fstat(fd, &info) == 0 && info.st_size > GDI_LOG_END_BYTES) {
        (void)lseek(fd, -(off_t)GDI_LOG_END_BYTES, SEEK_END);
    }
    for (ssize_t got = 0; used < GDI_LOG_END_BYTES && (got = read(fd, text + used, GDI_LOG_END_BYTES - used)) > 0;) {
        used += (size_t)got;
    }
    (void)close(fd);
    *ret_text = text;
    *ret_bytes = used;
    return GOD_OK;
}

void gdi_last_error_copy(const char *text, size_t bytes, char *buf, size_t cap)
{
    const char *line = NULL;
    size_t count = gdi_last_error(text, bytes, &line);
    count = count < cap ? count : cap - 1;
    for (size_t i = 0; i < count; i++) {
        buf[i] = (unsigned char)line[i] >= ' ' && (unsigned char)line[i] < 127 ? line[i] : '?';
    }
    buf[count] = '\0';
}

void gdi_last_error_of(const char *path, char *buf, size_t cap)
{
    char *text = NULL;
    size_t bytes = 0;
    god_error ignored = GOD_ERROR_INIT;
    buf[0] = '\0';
    if (gdi_log_end(path, &text, &bytes, &ignored) == GOD_OK) {
        gdi_last_error_copy(text, bytes, buf, cap);
        free(text);
    }
}
