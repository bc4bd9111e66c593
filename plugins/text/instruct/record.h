/* record.h: what an instruct task says about its columns, and the strings it makes of a row. [any]
 *
 * spec/evaluation.md 3.1 and 3.2: `field_output` set means instruction mode (prompt and answer), otherwise completion
 * mode (one text, everything scored). The prompt is system part and instruction part with nothing between them.
 */
#ifndef INSTRUCT_RECORD_H
#define INSTRUCT_RECORD_H

#include "common/rows.h"
#include "common/task_spec.h"
#include "god/helpers/text.h"

typedef struct instruct_record {
    uint32_t completion; /* 1: field_instruction is a text that is scored whole */
    const char *field_system, *field_instruction, *field_input, *field_output;
    const char *system_prompt, *system_format, *format, *no_input_format;
} instruct_record;

/* Reads a complete record (gtx_task_spec.dataset_type) and resolves its defaults; strings are borrowed from it. Formats
 * are tried out, so that a wrong one is known before training. GOD_E_INVALID. */
god_status instruct_record_read(const json_t *dataset_type, instruct_record *ret_record, god_error *err);

/* The prompt and the answer of a row (from 0). prompt is overwritten; *ret_answer is borrowed from rows. A null value
 * in a prompt prints as "None", as the reference does; a missing column is GOD_E_DATA with the row. */
god_status instruct_record_texts(const instruct_record *record, const gtx_rows *rows, size_t row, god_text *prompt,
                                 const char **ret_answer, size_t *ret_answer_bytes, god_error *err);

/* Completion mode: the text of a row. */
god_status instruct_record_completion(const instruct_record *record, const gtx_rows *rows, size_t row,
                                      const char **ret_text, size_t *ret_bytes, god_error *err);

#endif
