/* The first byte chooses one of the patterns that scan.h knows, the rest is a text. What must hold: cut by the scan and
 * cut by PCRE2 alone it gives the same matches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* The same pattern twice; the second in a group, which makes it one that no scan knows. */
#define BOTH(pattern)              \
    {                              \
        pattern, "(?:" pattern ")" \
    }
#define LATER(digits)                                                    \
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" digits \
    "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|"                     \
    "\\s+(?!\\S)|\\s+"
static const char *const patterns[][2] = {
    BOTH("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"),
    BOTH(LATER("\\p{N}{1,3}")),
    BOTH(LATER("\\p{N}")),
};
enum { pattern_count = sizeof patterns / sizeof *patterns };

static void fail_on(god_status status, const god_error *err)
{
    if (status != GOD_OK) {
        fprintf(stderr, "%s\n", err->message);
        abort();
    }
}

/* Compiled at first use and kept until the process ends. */
static const gdt_regex *regex_of(size_t which, size_t plain)
{
    static gdt_regex *compiled[pattern_count][2];
    if (compiled[which][plain] == NULL) {
        god_error err = GOD_ERROR_INIT;
        const char *pattern = patterns[which][plain];
        fail_on(gdt_regex_compile("fuzz", pattern, strlen(pattern), &compiled[which][plain], &err), &err);
    }
    return compiled[which][plain];
}

static void match(gdt_work *work, const gdt_regex *regex, const uint8_t *text, size_t bytes)
{
    god_error err = GOD_ERROR_INIT;
    fail_on(gdt_work_begin(work, (const char *)text, bytes, &err), &err);
    fail_on(gdt_regex_matches(regex, work, 0, (uint32_t)work->count, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    gdt_work fast = {.input = NULL}, plain = {.input = NULL};
    if (bytes < 2) {
        return 0;
    }
    match(&fast, regex_of(data[0] % pattern_count, 0), data + 1, bytes - 1);
    match(&plain, regex_of(data[0] % pattern_count, 1), data + 1, bytes - 1);
    if (fast.matches.count != plain.matches.count ||
        memcmp(fast.matches.items, plain.matches.items, fast.matches.count * sizeof(gdt_match)) != 0) {
        abort();
    }
    gdt_work_fini(&fast);
    gdt_work_fini(&plain);
    return 0;
}
