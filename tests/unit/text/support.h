/* support.h: what the tests of the text plug-ins share: vectors, rows, the toy tokenizer. VECTORS is the path of a file
 * with one vector per line, set by the test's CMakeLists.txt. */
#ifndef TEST_TEXT_SUPPORT_H
#define TEST_TEXT_SUPPORT_H

#include <check.h>
#include <jansson.h>

#include "common/encoder.h"
#include "common/rows.h"

Suite *suite_of(const char *name, const TTest *const *tests); /* NULL-ended */

void expect_ok(god_status status, const god_error *err);
void expect_refused(god_status status, god_status wanted, const god_error *err, const char *sentence);

json_t *json_of(const char *text);           /* owned by the caller */
json_t *vector_named(const char *id);        /* {"id", "inputs", "expected"}; owned by the caller */
gtx_rows rows_of(const json_t *row_objects); /* one object or an array of them */

/* One token per byte (its value); '~' yields none. Adds BOS and EOS when told, keeps them when it cuts. */
typedef struct toy {
    int32_t bos, eos;
    uint32_t adds_bos, adds_eos, cuts_left;
} toy;
gtx_encoder toy_encoder(toy *about);

#endif
