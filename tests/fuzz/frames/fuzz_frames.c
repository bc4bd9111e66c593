/* The bytes that a worker writes to its frame pipe. The first byte says how many arrive at a time; the rest is cut into
 * frames and collected, and whatever they say, the result can be written and holds nothing out of bounds. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/frame.h"
#include "core/worker/collect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const char job_text[] =
    "{\"version\": 1, \"id\": \"a\", \"operation\": \"evaluate\", \"plugin\": {\"path\": \"/x\", \"id\": \"x\"},"
    " \"spec\": {}, \"cache_dir\": \"/c\", \"submissions\": [{\"id\": \"alice\", \"model_dir\": \"/a\"},"
    " {\"id\": \"bob\", \"model_dir\": \"/b\"}]}";

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static void check(const gdi_result *result)
{
    require(json_array_size(result->submissions) == 2);
    require(json_object_size(result->facts) <= GDI_FACTS_MAX);
    for (uint32_t i = 0; i < 2; i++) {
        const json_t *submission = gdi_result_submission(result, i);
        double score = 0;
        require(gdi_result_submission_status(result, i) != NULL);
        require(json_object_size(json_object_get(submission, "metrics")) <= GDI_METRICS_MAX);
        require(json_array_size(json_object_get(submission, "notes")) <= GDI_NOTES_MAX);
        if (result->direction != 0 && gdi_result_metric(result, i, gdi_result_primary(result), &score)) {
            require(isfinite(score) && score >= result->lowest && score <= result->highest);
        }
    }
    char *text = json_dumps(result->submissions, 0);
    require(text != NULL);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    gdi_job job;
    gdi_result result;
    god_error err = GOD_ERROR_INIT;
    gdi_frame_reader reader = {.data = NULL};
    if (bytes < 2 || gdi_job_parse("job", job_text, sizeof job_text - 1, &job, &err) != GOD_OK) {
        return 0;
    }
    require(gdi_result_begin(&job, &result, &err) == GOD_OK);
    gdi_collector collector = {.result = &result};
    size_t step = (size_t)data[0] + 1;
    god_status status = GOD_OK;
    for (size_t at = 1; at < bytes && status == GOD_OK; at += step) {
        size_t count = bytes - at < step ? bytes - at : step;
        require(gdi_frame_reader_add(&reader, (const char *)data + at, count, &err) == GOD_OK);
        const char *frame = NULL;
        while ((status = gdi_frame_reader_next(&reader, &frame, &err)) == GOD_OK && frame != NULL) {
            json_t *value = NULL;
            (void)gdi_collect_frame(&collector, frame, &value, &err);
            json_decref(value);
        }
    }
    require(gdi_collect_finish(&collector, &err) == GOD_OK);
    check(&result);
    gdi_frame_reader_free(&reader);
    gdi_result_clear(&result);
    gdi_job_clear(&job);
    return 0;
}
