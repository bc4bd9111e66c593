/* Any bytes as a task: the shared members, the record of each kind, and the training command. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/task_args.h"
#include "god/helpers/text.h"
#include "instruct/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static god_status sink_arg(void *ctx, const char *name, const char *value)
{
    (void)ctx;
    assert(strncmp(name, "--", 2) == 0 && value != NULL);
    return GOD_OK;
}

static god_status sink_env(void *ctx, const char *name, const char *value)
{
    (void)ctx;
    assert(name[0] != '\0' && value[0] != '\0');
    return GOD_OK;
}

static god_status sink_mount(void *ctx, const char *key, const char *target, uint32_t read_only)
{
    (void)ctx;
    assert(key[0] != '\0' && target[0] == '/' && read_only <= 1);
    return GOD_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const god_args sink = {GOD_SIZE_TO(god_args, mount), NULL, sink_arg, sink_env, sink_mount};
    char *text = malloc(bytes + 1);
    assert(text != NULL);
    memcpy(text, data, bytes);
    text[bytes] = '\0';
    for (gtx_kind kind = GTX_KIND_INSTRUCT; kind <= GTX_KIND_CHAT; kind++) {
        god_error err = GOD_ERROR_INIT;
        gtx_task_spec spec;
        instruct_record record;
        if (gtx_task_spec_parse(text, "InstructTextTask", kind, &spec, &err) != GOD_OK) {
            assert(err.code == GOD_E_INVALID && err.message[0] != '\0');
            continue;
        }
        god_status status = gtx_task_args(&spec, "salt", &sink, &err);
        assert(status == GOD_OK || status == GOD_E_INVALID);
        if (kind == GTX_KIND_INSTRUCT) {
            status = instruct_record_read(spec.dataset_type, &record, &err);
            assert(status == GOD_OK || status == GOD_E_INVALID);
        }
        gtx_task_spec_free(&spec);
    }
    free(text);
    return 0;
}
