/* tiny_model.h: builds the model folder that a golden file describes. [any]
 *
 * A golden file (make_tiny_models.py tells its members) names the tensors of a tiny random model and how they were
 * drawn; weights.py tells the generator. The folder gets config.json and model.safetensors, the same bytes as in
 * Python.
 */
#ifndef GOD_TESTS_GOLDEN_TINY_MODEL_H
#define GOD_TESTS_GOLDEN_TINY_MODEL_H

#include "god/helpers/json.h"

/* Writes the model into `dir`, which is made when it is missing. perturbation 0 gives the model itself, the golden's
 * own `perturbation` its perturbed copy. Borrows everything. GOD_E_DATA for a golden file that is not understood. */
god_status tiny_model_write(const char *dir, const json_t *golden, double perturbation, god_error *err);

#endif
