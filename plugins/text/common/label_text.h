/* label_text.h: a record as the label "dataset_type" shows it: space-separated key=value, strings in single quotes,
 * missing values as None (spec/training.md 13.6). People read it; no program does. [any] */
#ifndef GTX_LABEL_TEXT_H
#define GTX_LABEL_TEXT_H

#include <jansson.h>

#include "god/error.h"
#include "god/helpers/text.h"

/* Appends the record, an object, to text. */
god_status gtx_label_text(const json_t *record, god_text *text, god_error *err);

#endif
