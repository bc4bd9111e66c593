/* tiny_model.h: builds the model or adapter folder that a golden file describes. [any]
 *
 * A golden file (make_tiny_models.py and make_adapters.py tell its members) names the tensors of a tiny random model or
 * adapter and how they were drawn; weights.py tells the generator. The folder gets the configuration and one
 * safetensors file, the same bytes as in Python.
 */
#ifndef GOD_TESTS_GOLDEN_TINY_MODEL_H
#define GOD_TESTS_GOLDEN_TINY_MODEL_H

#include "god/helpers/json.h"

/* Writes the model into `dir`, which is made when it is missing. perturbation 0 gives the model itself, the golden's
 * own `perturbation` its perturbed copy. Borrows everything. GOD_E_DATA for a golden file that is not understood. */
god_status tiny_model_write(const char *dir, const json_t *golden, double perturbation, god_error *err);

/* Elements 0 .. count - 1 of the stream that belongs to a name and a seed, each in [0, 1). */
void tiny_model_draw(const char *name, uint64_t seed, size_t count, double *ret_numbers);

/* Writes adapter_config.json and adapter_model.safetensors of a golden file that has `adapter_config`. */
god_status tiny_adapter_write(const char *dir, const json_t *golden, god_error *err);

#endif
