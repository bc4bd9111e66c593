/* What a stranger may send to a trainer: a body that is refused with a list of mistakes, or becomes a record. The same
 * bytes are also looked at as a record's file and as a container engine's answer. */
#include <stdint.h>
#include <stdlib.h>

#include "core/trainer/api_check.h"
#include "core/trainer/gpus_engine.h"
#include "core/trainer/store_shown.h"
#include "core/training/model_prep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

/* Every mistake has its three words, and none repeats a token. */
static void look_at_mistakes(const json_t *list)
{
    const json_t *mistake = NULL;
    size_t i = 0;
    json_array_foreach(list, i, mistake)
    {
        require(json_object_size(mistake) == 3 && json_is_string(json_object_get(mistake, "msg")) &&
                json_array_size(json_object_get(mistake, "loc")) > 0);
    }
}

static void look_at_record(const json_t *body)
{
    gdi_record record = {.id = ""};
    if (gdi_shown_make(body, "00000000000000000000000000000000", 1, &record, NULL) != GOD_OK) {
        return;
    }
    require(record.gpu_count <= GDI_REQUEST_GPUS_MAX && record.task_id != NULL && record.hotkey != NULL);
    require(json_object_get(record.shown, "github_token") == NULL ||
            json_is_null(json_object_get(record.shown, "github_token")));
    json_t *copy = json_deep_copy(record.shown);
    json_decref(record.shown);
    require(gdi_shown_take("again", copy, &record, NULL) == GOD_OK);
    json_decref(record.shown);
}

static void look_at_body(const json_t *body)
{
    json_t *list = gdi_prep_request_is_one(body) ? gdi_check_prep(body) : gdi_check_start(body);
    require(list != NULL);
    look_at_mistakes(list);
    if (json_array_size(list) == 0) {
        look_at_record(body);
    }
    json_decref(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    uint32_t taken[GDI_TAKEN_MAX], count = 0;
    gdi_record record = {.id = ""};
    json_t *list = NULL;
    char *text = strndup((const char *)data, bytes);
    gdi_request request = {
        .text = text, .text_bytes = text == NULL ? 0 : strlen(text), .content_type = "application/json"};
    json_t *body = gdi_check_body(&request, &list);
    require((body == NULL) == (list != NULL));
    look_at_mistakes(list);
    json_decref(list);
    if (body != NULL) {
        look_at_body(body);
        gdi_gpus_add_container(body, taken, &count);
        require(count <= GDI_TAKEN_MAX);
        if (gdi_shown_take("a file", json_incref(body), &record, NULL) == GOD_OK) {
            json_decref(record.shown);
        }
    }
    json_decref(body);
    free(text);
    return 0;
}
