/* job.json from outside: whatever it holds, it is a job that can be taken in parts and written back, or an error. */
#include <stdint.h>
#include <stdlib.h>

#include "core/worker/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    gdi_job job, part;
    god_error err = GOD_ERROR_INIT;
    if (gdi_job_parse("job.json", (const char *)data, bytes, &job, &err) != GOD_OK) {
        require(err.message[0] != '\0');
        return 0;
    }
    require(job.id[0] != '\0' && job.plugin_path[0] == '/');
    require(job.threads >= 1 && job.threads <= GDI_JOB_THREADS_MAX);
    require(strlen(job.spec_json) <= GDI_JOB_SPEC_BYTES_MAX);
    for (uint32_t i = 0; i < job.submission_count; i++) {
        require(job.submissions[i].model_dir[0] == '/' && strchr(job.submissions[i].id, '/') == NULL);
    }
    if (job.submission_count > 1 && gdi_job_part(&job, 1, job.submission_count - 1, &part, &err) == GOD_OK) {
        require(part.submission_count == job.submission_count - 1);
        require(strcmp(part.submissions[0].id, job.submissions[1].id) == 0);
        gdi_job_clear(&part);
    }
    gdi_job_clear(&job);
    return 0;
}
