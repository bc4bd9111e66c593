/* record.h: what a chat task says about its columns. [any] spec/evaluation.md 2.2 and 4.1. */
#ifndef CHAT_RECORD_H
#define CHAT_RECORD_H

#include "common/task_spec.h"

typedef struct chat_record {
    const char *template_name;                        /* one that chat_template_check accepts */
    const char *column;                               /* of the conversation */
    const char *role_field, *content_field;           /* of a message */
    const char *user_reference, *assistant_reference; /* roles as the data writes them */
} chat_record;

/* Reads a complete record (gtx_task_spec.dataset_type); strings are borrowed from it. GOD_E_INVALID for a value that is
 * null or empty, two names that must differ and do not, and an unknown template. */
god_status chat_record_read(const json_t *dataset_type, chat_record *ret_record, god_error *err);

#endif
