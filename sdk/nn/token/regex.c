#include "regex.h"

#include <stdlib.h>

#include "scan.h"
#include "step.h"
#include "utf8.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Bounds of one search. They are never near for the expressions in use; a hostile one runs into them within a second
 * and gives an error instead of hanging the worker. */
enum {
    match_steps_max = 20 * 1000 * 1000,
    backtrack_kibibytes_max = 256 * 1024,
    backtrack_depth_max = 20 * 1000 * 1000,
    jit_stack_bytes_first = 64 * 1024,
    jit_stack_bytes_max = 32 * 1024 * 1024
};

struct gdt_regex {
    pcre2_code *code;
    gdt_scan *scan; /* NULL: the expression is none of those that scan.h knows */
};

void gdt_regex_free(gdt_regex *regex)
{
    if (regex == NULL) {
        return;
    }
    pcre2_code_free(regex->code);
    gdt_scan_free(regex->scan);
    free(regex);
}

void gdt_regex_work_fini(gdt_work *work)
{
    pcre2_match_context_free(work->match_limits);
    pcre2_match_data_free(work->match_data);
    pcre2_jit_stack_free(work->jit_stack);
}

static god_status compile(const char *where, const char *pattern, size_t bytes, uint32_t options, gdt_regex **ret_regex,
                          god_error *err)
{
    gdt_regex *regex = calloc(1, sizeof *regex);
    if (regex == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
    }
    int code = 0;
    PCRE2_SIZE offset = 0;
    regex->code = pcre2_compile((PCRE2_SPTR)pattern, bytes,
                                options | PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &code,
                                &offset, NULL);
    if (regex->code == NULL) {
        PCRE2_UCHAR problem[160];
        (void)pcre2_get_error_message(code, problem, sizeof problem);
        gdt_regex_free(regex);
        return god_fail(err, GOD_E_DATA, "%s: the regular expression \"%.*s\" is refused at byte %zu: %s", where,
                        (int)(bytes < 120 ? bytes : 120), pattern, (size_t)offset, (const char *)problem);
    }
    /* Without JIT (not built in, or memory may not be made executable) the interpreter gives the same matches. */
    (void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
    *ret_regex = regex;
    return GOD_OK;
}

god_status gdt_regex_compile(const char *where, const char *pattern, size_t bytes, gdt_regex **ret_regex,
                             god_error *err)
{
    if (bytes > GDT_REGEX_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: the regular expression has %zu bytes, GDT_REGEX_BYTES_MAX is %d", where,
                        bytes, GDT_REGEX_BYTES_MAX);
    }
    god_text translated = GOD_TEXT_INIT;
    gdt_regex *regex = NULL;
    god_status status = gdt_onig_translate(where, pattern, bytes, &translated, err);
    if (status == GOD_OK) {
        /* Ruby's ^ and $ are at the ends of lines. */
        status = compile(where, translated.data != NULL ? translated.data : "", translated.bytes, PCRE2_MULTILINE,
                         &regex, err);
    }
    god_text_free(&translated);
    if (status == GOD_OK) {
        status = gdt_scan_new(where, pattern, bytes, &regex->scan, err);
    }
    if (status != GOD_OK) {
        gdt_regex_free(regex);
        return status;
    }
    *ret_regex = regex;
    return GOD_OK;
}

god_status gdt_regex_compile_literal(const char *where, const char *text, size_t bytes, gdt_regex **ret_regex,
                                     god_error *err)
{
    if (bytes > GDT_REGEX_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: the pattern has %zu bytes, GDT_REGEX_BYTES_MAX is %d", where, bytes,
                        GDT_REGEX_BYTES_MAX);
    }
    god_text escaped = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    for (size_t i = 0; i < bytes && status == GOD_OK; i++) {
        if (strchr("\\^$.[|()?*+{}]-#", text[i]) != NULL && text[i] != '\0') {
            status = god_text_append(&escaped, "\\", 1, err);
        }
        if (status == GOD_OK) {
            status = god_text_append(&escaped, text + i, 1, err);
        }
    }
    if (status == GOD_OK) {
        status = compile(where, escaped.data != NULL ? escaped.data : "", escaped.bytes, 0, ret_regex, err);
    }
    god_text_free(&escaped);
    return status;
}

/* The memory of the searches of one work, which fits every expression: only the whole match is asked for. */
static god_status prepare(gdt_work *work, god_error *err)
{
    if (work->match_limits != NULL) {
        return GOD_OK;
    }
    if (work->match_data == NULL) {
        work->match_data = pcre2_match_data_create(1, NULL);
    }
    if (work->jit_stack == NULL) {
        work->jit_stack = pcre2_jit_stack_create(jit_stack_bytes_first, jit_stack_bytes_max, NULL);
    }
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    if (work->match_data == NULL || work->jit_stack == NULL || limits == NULL) {
        pcre2_match_context_free(limits);
        return god_fail(err, GOD_E_NOMEM, "encode: out of memory");
    }
    (void)pcre2_set_match_limit(limits, match_steps_max);
    (void)pcre2_set_depth_limit(limits, backtrack_depth_max);
    (void)pcre2_set_heap_limit(limits, backtrack_kibibytes_max);
    pcre2_jit_stack_assign(limits, NULL, work->jit_stack);
    work->match_limits = limits;
    return GOD_OK;
}

/* *ret_found 0 when there is no match at or after `from`. */
static god_status find(const gdt_regex *regex, gdt_work *work, uint32_t begin, uint32_t end, size_t from,
                       uint32_t *ret_found, god_error *err)
{
    int count = pcre2_match(regex->code, (PCRE2_SPTR)(work->text + begin), end - begin, from, PCRE2_NO_UTF_CHECK,
                            work->match_data, work->match_limits);
    if (count == PCRE2_ERROR_JIT_STACKLIMIT) {
        count = pcre2_match(regex->code, (PCRE2_SPTR)(work->text + begin), end - begin, from,
                            PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, work->match_data, work->match_limits);
    }
    if (count < 0 && count != PCRE2_ERROR_NOMATCH) {
        PCRE2_UCHAR problem[160];
        (void)pcre2_get_error_message(count, problem, sizeof problem);
        return god_fail(err, GOD_E_DATA, "encode: a regular expression of the tokenizer gave up on %u bytes: %s",
                        end - begin, (const char *)problem);
    }
    *ret_found = count != PCRE2_ERROR_NOMATCH;
    return GOD_OK;
}

static god_status find_all(const gdt_regex *regex, gdt_work *work, uint32_t begin, uint32_t end, god_error *err)
{
    size_t length = end - begin, from = 0, gap = 0, last_match_end = SIZE_MAX;
    while (from <= length) {
        uint32_t found = 0;
        uint32_t stop = regex->scan != NULL && from < length
                            ? gdt_scan_next(regex->scan, work->text, begin + (uint32_t)from, end)
                            : GDT_SCAN_UNDECIDED;
        if (stop != GDT_SCAN_UNDECIDED) {
            GOD_TRY(gdt_push_match(work, begin + from, stop, 1, err));
            from = gap = last_match_end = stop - begin;
            continue;
        }
        GOD_TRY(find(regex, work, begin, end, from, &found, err));
        if (!found) {
            break;
        }
        const PCRE2_SIZE *pair = pcre2_get_ovector_pointer(work->match_data);
        size_t first = pair[0], after = pair[1];
        if (first == after && after == last_match_end) {
            from += from < length ? gdt_utf8_length(work->text[begin + from]) : 1;
            continue;
        }
        if (gap < first) {
            GOD_TRY(gdt_push_match(work, begin + gap, begin + first, 0, err));
        }
        GOD_TRY(gdt_push_match(work, begin + first, begin + after, 1, err));
        from = gap = last_match_end = after;
    }
    return gap < length ? gdt_push_match(work, begin + gap, end, 0, err) : GOD_OK;
}

god_status gdt_regex_matches(const gdt_regex *regex, gdt_work *work, uint32_t begin, uint32_t end, god_error *err)
{
    work->matches.count = 0;
    if (begin == end) {
        return gdt_push_match(work, begin, end, 0, err);
    }
    GOD_TRY(prepare(work, err));
    return find_all(regex, work, begin, end, err);
}
