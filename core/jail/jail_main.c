/* god-jail: the program in which strangers' code is interpreted.
 *
 *     god-jail template REQUEST.json
 *
 * It reads the request, starts Python, seals itself, and only then looks at the template. Answers are frames on
 * descriptor 3:
 *
 *     {"index": 0, "text": "...", "more": true}   a piece of one rendering; more: further pieces follow
 *     {"error": "...", "status": -2}              the end, without success
 *     {"done": 12}                                the end, with this many renderings
 *
 * The request file: {"source": "...", "contexts": [{...}, ...], "now_s": 0, "cpu_s": 60, "memory_bytes": 2147483648}.
 */
#include <stdlib.h>
#include <unistd.h>

#include "core/base/frame.h"
#include "core/base/signals.h"
#include "core/jail/python.h"
#include "core/jail/seal.h"
#include "god/helpers/json.h"

enum { request_bytes_max = 1 << 30, piece_bytes = 128 << 10, exit_usage = 2 };

typedef struct template_request {
    json_t *root;     /* owns what the others borrow */
    json_t *contexts; /* array of objects */
    const char *source;
    int64_t now_s, cpu_s, memory_bytes;
} template_request;

static god_status read_request(const char *path, template_request *request, god_error *err)
{
    GOD_TRY(god_json_read(path, request_bytes_max, &request->root, err));
    GOD_TRY(god_json_get_str(path, request->root, "source", &request->source, err));
    GOD_TRY(god_json_get_array(path, request->root, "contexts", &request->contexts, err));
    GOD_TRY(god_json_get_int(path, request->root, "now_s", 0, INT32_MAX, &request->now_s, err));
    GOD_TRY(god_json_get_int(path, request->root, "cpu_s", 1, 86400, &request->cpu_s, err));
    return god_json_get_int(path, request->root, "memory_bytes", 1 << 26, INT64_MAX, &request->memory_bytes, err);
}

/* The end of the piece that begins at `begin`: at most piece_bytes on, never inside a UTF-8 sequence. */
static size_t piece_end(const char *text, size_t bytes, size_t begin)
{
    if (bytes - begin <= piece_bytes) {
        return bytes;
    }
    size_t end = begin + piece_bytes;
    while (((unsigned char)text[end] & 0xC0u) == 0x80u) {
        end--;
    }
    return end;
}

static god_status write_pieces(size_t index, const char *text, size_t bytes, god_error *err)
{
    size_t begin = 0;
    do {
        size_t end = piece_end(text, bytes, begin);
        json_t *frame = json_pack("{s:I, s:s%, s:b}", "index", (json_int_t)index, "text", text + begin, end - begin,
                                  "more", (int)(end < bytes));
        if (frame == NULL) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for a rendered text of %zu bytes", bytes);
        }
        god_status status = gdi_frame_write_json(GDI_FRAME_FD, frame, err);
        json_decref(frame);
        GOD_TRY(status);
        begin = end;
    } while (begin < bytes);
    return GOD_OK;
}

static god_status render_all(const template_request *request, god_error *err)
{
    GOD_TRY(gdi_python_compile(request->source, err));
    size_t index = 0;
    const json_t *context = NULL;
    json_array_foreach(request->contexts, index, context)
    {
        char *variables = json_dumps(context, JSON_COMPACT);
        if (variables == NULL) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for the variables of rendering %zu", index);
        }
        const char *text = NULL;
        size_t bytes = 0;
        god_status status = gdi_python_render(variables, &text, &bytes, err);
        free(variables);
        if (status != GOD_OK) {
            return god_fail_in(err, "rendering %zu", index);
        }
        GOD_TRY(write_pieces(index, text, bytes, err));
    }
    return GOD_OK;
}

static god_status run(const char *request_path, template_request *request, god_error *err)
{
    GOD_TRY(read_request(request_path, request, err));
    GOD_TRY(gdi_python_start(request->now_s, err));
    const gdi_seal_limits limits = {.memory_bytes = (uint64_t)request->memory_bytes, .cpu_s = (uint64_t)request->cpu_s};
    GOD_TRY(gdi_seal(&limits, err));
    return render_all(request, err);
}

int main(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], "template") != 0) {
        fputs("usage: god-jail template REQUEST.json (started by god, answers on descriptor 3)\n", stderr);
        return exit_usage;
    }
    gdi_signals_die_with_parent();
    god_error err = GOD_ERROR_INIT;
    template_request request = {.root = NULL};
    god_status status = run(argv[2], &request, &err);
    json_t *end = status == GOD_OK ? json_pack("{s:I}", "done", (json_int_t)json_array_size(request.contexts))
                                   : json_pack("{s:s, s:i}", "error", err.message, "status", (int)status);
    if (end == NULL || gdi_frame_write_json(GDI_FRAME_FD, end, &err) != GOD_OK) {
        status = GOD_E_IO;
    }
    /* No clean-up of Python: finalisers of the template's objects must not run after the answer. */
    _exit(status == GOD_OK ? EXIT_SUCCESS : EXIT_FAILURE);
}
