/* What a container engine sends while it builds, pulls, and while a container prints, in pieces of any size.
 *
 *     byte 0   'l' the log stream, 'p' the stream of a pull, anything else the build stream
 *     byte 1   length of the pieces, 0 counts as 256
 *     rest     the bytes of the engine
 *
 * However the bytes are cut, the same comes out, and no more than went in. */
#include <assert.h>
#include <string.h>

#include "core/runner/container/build_stream.h"
#include "core/runner/container/log_stream.h"
#include "core/runner/container/pull_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

typedef struct sums {
    uint64_t bytes, hash;
} sums;

static god_status note(void *user, const char *bytes, size_t count, god_error *err)
{
    sums *total = user;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        total->hash = (total->hash ^ (uint8_t)bytes[i]) * UINT64_C(1099511628211);
    }
    total->bytes += count;
    return GOD_OK;
}

/* Returns the status after the last piece; messages go to `err`. */
static god_status take_log(const char *bytes, size_t count, size_t piece, sums *ret_total, god_error *err)
{
    gdi_log_stream stream = {.left = 0};
    god_status status = GOD_OK;
    for (size_t at = 0; status == GOD_OK && at < count; at += piece) {
        size_t part = count - at < piece ? count - at : piece;
        status = gdi_log_stream_take(&stream, bytes + at, part, note, ret_total, err);
    }
    return status;
}

static god_status take_build(const char *bytes, size_t count, size_t piece, sums *ret_total, god_error *err)
{
    gdi_build_stream stream = {.printed = note, .user = ret_total};
    god_status status = GOD_OK;
    for (size_t at = 0; status == GOD_OK && at < count; at += piece) {
        size_t part = count - at < piece ? count - at : piece;
        status = gdi_build_stream_take(&stream, bytes + at, part, err);
    }
    status = gdi_build_stream_end(&stream, status, err);
    gdi_build_stream_clear(&stream);
    return status;
}

/* Only the first of its lines is printed: the next one would be five seconds later. */
static god_status take_pull(const char *bytes, size_t count, size_t piece, sums *ret_total, god_error *err)
{
    gdi_pull_stream stream = {.image = "i", .printed = note, .user = ret_total};
    god_status status = GOD_OK;
    for (size_t at = 0; status == GOD_OK && at < count; at += piece) {
        size_t part = count - at < piece ? count - at : piece;
        status = gdi_pull_stream_take(&stream, bytes + at, part, err);
    }
    assert(stream.layer_count <= GDI_PULL_LAYERS_MAX);
    status = stream.progress.failure[0] != '\0' ? god_fail(err, GOD_E_DATA, "%s", stream.progress.failure) : status;
    gdi_pull_stream_clear(&stream);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 2) {
        return 0;
    }
    god_status (*take)(const char *, size_t, size_t, sums *, god_error *) = data[0] == 'l'   ? take_log
                                                                            : data[0] == 'p' ? take_pull
                                                                                             : take_build;
    const char *rest = (const char *)data + 2;
    const size_t count = bytes - 2, piece = data[1] != 0 ? data[1] : 256;
    sums cut = {0}, whole = {0};
    god_error err = GOD_ERROR_INIT, err_whole = GOD_ERROR_INIT;
    god_status status = take(rest, count, piece, &cut, &err);
    god_status status_whole = take(rest, count, count + 1, &whole, &err_whole);
    assert(status == status_whole && strcmp(err.message, err_whole.message) == 0);
    assert(cut.bytes == whole.bytes && cut.hash == whole.hash);
    assert(data[0] == 'p' || cut.bytes <= count); /* JSON escapes are longer than what they stand for */
    return 0;
}
