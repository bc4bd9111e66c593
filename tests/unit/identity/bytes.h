/* What the suites of identities share: hex, and the files of tests/golden/identity. What cannot be read
 * ends the program. */
#ifndef TEST_IDENTITY_BYTES_H
#define TEST_IDENTITY_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

size_t bytes_of_hex(const char *hex, uint8_t *ret_bytes, size_t room);
void hex_of_bytes(const uint8_t *bytes, size_t count, char *ret_hex); /* 2 * count digits and a NUL */

json_t *identity_golden(const char *name); /* owned by the caller */
const char *text_at(const json_t *object, const char *key);

#endif
