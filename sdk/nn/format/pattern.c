#include "format/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Steps that one match may take: far above what a module name needs, far below what an outsider could waste. */
enum { match_steps_max = 100000, pattern_bytes_max = 4096 };

static god_status match(const char *before, const char *pattern, const char *after, const char *name,
                        uint32_t *ret_matches, god_error *err)
{
    char text[pattern_bytes_max + 32];
    int code = 0;
    PCRE2_SIZE at = 0;
    if (strlen(pattern) > pattern_bytes_max) {
        return god_fail(err, GOD_E_DATA, "a pattern of %zu bytes, at most %d are read", strlen(pattern),
                        (int)pattern_bytes_max);
    }
    (void)snprintf(text, sizeof text, "%s%s%s", before, pattern, after);
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &code, &at, NULL);
    if (compiled == NULL) {
        return god_fail(err, GOD_E_DATA, "pattern \"%.100s\" is not a regular expression", pattern);
    }
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(compiled, NULL);
    code = PCRE2_ERROR_NOMEMORY;
    if (context != NULL && data != NULL) {
        (void)pcre2_set_match_limit(context, match_steps_max);
        code = pcre2_match(compiled, (PCRE2_SPTR)name, strlen(name), 0, 0, data, context);
    }
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    pcre2_code_free(compiled);
    if (code < 0 && code != PCRE2_ERROR_NOMATCH) {
        return god_fail(err, GOD_E_DATA, "pattern \"%.100s\" cannot be matched against \"%.100s\"", pattern, name);
    }
    *ret_matches = code >= 0;
    return GOD_OK;
}

god_status gnn_pattern_full(const char *pattern, const char *name, uint32_t *ret_matches, god_error *err)
{
    return match("^(?:", pattern, ")\\z", name, ret_matches, err);
}

god_status gnn_pattern_tail(const char *pattern, const char *name, uint32_t *ret_matches, god_error *err)
{
    return match("^(.*\\.)?(?:", pattern, ")\\z", name, ret_matches, err);
}
