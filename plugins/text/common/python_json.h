/* python_json.h: JSON text exactly as Python's json.dumps writes it by default. [any]
 *
 * Separators ", " and ": ", keys in the order they were set, everything outside ASCII as \u escapes (pairs above
 * U+FFFF), floats as gtx_float_text. `--dataset-type` must be this text to the byte (spec/training.md 13.1).
 */
#ifndef GTX_PYTHON_JSON_H
#define GTX_PYTHON_JSON_H

#include <jansson.h>

#include "god/error.h"
#include "god/helpers/text.h"

/* Appends value to text. */
god_status gtx_python_json(const json_t *value, god_text *text, god_error *err);

#endif
