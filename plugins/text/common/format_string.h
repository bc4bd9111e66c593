/* format_string.h: the part of Python's str.format that task records may use. [any]
 *
 *   {name}     the value of a field; a name that is not offered is an error
 *   {{  }}     a brace
 *
 * Everything else that Python would understand ({}, {x!r}, {x:>5}, {x[0]}, {x.y}) is refused: none of it occurs in real
 * tasks, and half an implementation would give other prompts without a word. spec/evaluation.md 3.2.
 */
#ifndef GTX_FORMAT_STRING_H
#define GTX_FORMAT_STRING_H

#include "god/error.h"
#include "god/helpers/text.h"

typedef struct gtx_field {
    const char *name;
    const char *value; /* `bytes` bytes of UTF-8 */
    size_t bytes;
} gtx_field;

/* Appends `format` with its fields replaced. `what` names the format in messages: "format". GOD_E_INVALID. */
god_status gtx_format(const char *what, const char *format, const gtx_field *fields, size_t field_count, god_text *text,
                      god_error *err);

#endif
