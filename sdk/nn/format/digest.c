/* god_nn_weights_digest: SHA-256 over one line per tensor, in byte order of names:
 *   <name> <dtype> [<dim>,<dim>] <SHA-256 of its bytes>\n */
#include "god/nn/lm.h"

#include "format/weights.h"
#include "god/helpers/sha256.h"
#include "god/helpers/text.h"

static god_status append_tensor(god_text *text, const gnn_tensor *tensor, god_error *err)
{
    char hex[GOD_SHA256_HEX];
    god_sha256_bytes(tensor->data, (size_t)tensor->bytes, hex);
    gnn_tensor_release(tensor, 0, tensor->bytes);
    GOD_TRY(god_text_append_f(text, err, "%s %s [", tensor->name, tensor->dtype));
    for (uint32_t i = 0; i < tensor->rank; i++) {
        GOD_TRY(god_text_append_f(text, err, "%s%lld", i > 0 ? "," : "", (long long)tensor->shape[i]));
    }
    return god_text_append_f(text, err, "] %s\n", hex);
}

god_status god_nn_weights_digest(const char *model_dir, char ret_hex[65], god_error *err)
{
    gnn_weights *weights = NULL;
    god_text text = GOD_TEXT_INIT;
    GOD_TRY(god_nn_adapter_is(model_dir) ? gnn_weights_open_adapter(model_dir, &weights, err)
                                         : gnn_weights_open_model(model_dir, &weights, err));
    god_status status = GOD_OK;
    for (size_t i = 0; i < gnn_weights_count(weights) && status == GOD_OK; i++) {
        status = append_tensor(&text, gnn_weights_at(weights, i), err);
    }
    if (status == GOD_OK) {
        god_sha256_bytes(text.data != NULL ? text.data : "", text.bytes, ret_hex);
    }
    god_text_free(&text);
    gnn_weights_close(weights);
    return status;
}
