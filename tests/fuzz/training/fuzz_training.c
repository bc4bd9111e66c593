/* A start request from outside: whatever it holds, it is a request whose parts are within their limits, or an error. */
#include <stdint.h>
#include <stdlib.h>

#include "core/training/datasets.h"
#include "core/training/places.h"
#include "core/training/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static void check_places(const gdi_start_request *request)
{
    god_text text = GOD_TEXT_INIT;
    god_error err = GOD_ERROR_INIT;
    if (gdi_clone_dir(GDI_CLONE_ROOT, request->github_repo, request->task_id, request->hotkey, &text, &err) == GOD_OK) {
        require(strncmp(text.data, GDI_CLONE_ROOT "/", sizeof GDI_CLONE_ROOT) == 0);
        require(strchr(text.data + sizeof GDI_CLONE_ROOT, '/') == NULL);
    }
    require(gdi_model_dir(request->model, &text, &err) == GOD_OK);
    require(strchr(text.data + strlen("/cache/models/"), '/') == NULL);
    god_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    gdi_start_request request;
    god_error err = GOD_ERROR_INIT;
    gdi_strings kept = {.items = NULL};
    if (gdi_start_request_parse("request.json", (const char *)data, bytes, &request, &err) != GOD_OK) {
        require(err.message[0] != '\0' && err.code != GOD_OK);
        return 0;
    }
    require(request.gpu_count >= 1 && request.gpu_count <= GDI_REQUEST_GPUS_MAX);
    require(request.hours_to_complete >= 0.0 && request.hours_to_complete <= GDI_REQUEST_HOURS_MAX);
    require(strchr(request.task_id, '/') == NULL && strchr(request.hotkey, '/') == NULL);
    require(gdi_datasets_filter(request.requested_datasets, request.requested_datasets, &kept, &err) == GOD_OK);
    require(kept.count <= GDI_DATASETS_KEPT_MAX);
    check_places(&request);
    gdi_strings_clear(&kept);
    gdi_start_request_clear(&request);
    return 0;
}
