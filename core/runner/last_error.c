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

void gdi_last_error_of(const char *path, char *buf, size_t cap)
{
    static char text[GDI_LAST_ERROR_BYTES]; /* god-runner has one thread */
    const char *line = NULL;
    struct stat info;
    size_t used = 0, count = 0;
    buf[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return;
    }
    if (fstat(fd, &info) == 0 && info.st_size > (off_t)sizeof text) {
        (void)lseek(fd, -(off_t)sizeof text, SEEK_END);
    }
    for (ssize_t got = 0; used < sizeof text && (got = read(fd, text + used, sizeof text - used)) > 0;) {
        used += (size_t)got;
    }
    (void)close(fd);
    count = gdi_last_error(text, used, &line);
    count = count < cap ? count : cap - 1;
    for (size_t i = 0; i < count; i++) {
        buf[i] = (unsigned char)line[i] >= ' ' && (unsigned char)line[i] < 127 ? line[i] : '?';
    }
    buf[count] = '\0';
}
