/* core/trainer/api_check.h: what is wrong with a request, in the form that callers of the original know: status 422 and
 *
 *   {"detail": [{"type": "missing", "loc": ["body", "github_repo"], "msg": "Field required"}, ...]}
 *
 * The original also repeats the value that was wrong ("input"). Ours never does: it may be a token. [any] */
#ifndef GDI_TRAINER_API_CHECK_H
#define GDI_TRAINER_API_CHECK_H

#include "core/http/route.h"

/* Members of the two requests with a wrong type, or missing (2.1, 2.4). An empty list: nothing. A new reference; NULL:
 * no memory. */
json_t *gdi_check_start(const json_t *body);
json_t *gdi_check_prep(const json_t *body);

/* Adds an entry; loc is a NULL-ended path such as "query", "hours". Takes nothing. Not 0: no memory. */
int gdi_check_add(json_t *list, const char *type, const char *const *loc, const char *msg);

/* The body as JSON; NULL, and *ret_list an entry of the list, when it is none. Both are new references. */
json_t *gdi_check_body(const gdi_request *request, json_t **ret_list);

/* Status 422 with this list. */
god_status gdi_check_answer_take(json_t *list_take, gdi_answer *answer, god_error *err);
/* Status 422 with one entry: a value that has the right type and is wrong all the same. */
god_status gdi_check_answer_value(const char *sentence, gdi_answer *answer, god_error *err);

#endif
