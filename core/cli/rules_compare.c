#include "core/cli/rules_compare.h"

#include <math.h>

typedef struct comparison {
    double tolerance_relative;
    const char *sparse;
    gdi_difference *difference;
    size_t path_bytes; /* used of difference->path */
} comparison;

static uint32_t compare_values(comparison *of, const json_t *expected, const json_t *got, uint32_t is_sparse);

/* Grows the path by one step and returns its former length; a path that does not fit is cut. */
GOD_PRINTF(2, 3) static size_t enter(comparison *of, const char *format, ...)
{
    size_t before = of->path_bytes, room = sizeof of->difference->path - before;
    va_list args;
    va_start(args, format);
    int count = vsnprintf(of->difference->path + before, room, format, args);
    va_end(args);
    of->path_bytes = count < 0 || (size_t)count >= room ? sizeof of->difference->path - 1 : before + (size_t)count;
    return before;
}

static void leave(comparison *of, size_t before)
{
    of->path_bytes = before;
    of->difference->path[before] = '\0';
}

static uint32_t differ(comparison *of, const json_t *expected, const json_t *got)
{
    of->difference->expected = expected;
    of->difference->got = got;
    return 0;
}

static uint32_t numbers_agree(const comparison *of, double expected, double got)
{
    const double tolerance_absolute = 1e-12;
    double larger = fmax(fabs(expected), fabs(got));
    return fabs(expected - got) <= fmax(tolerance_absolute, of->tolerance_relative * larger);
}

static uint32_t is_zero(const json_t *value)
{
    return json_is_number(value) && fabs(json_number_value(value)) <= 1e-12;
}

/* One member of two objects, either of which may lack it. */
static uint32_t compare_member(comparison *of, const char *key, const json_t *expected, const json_t *got,
                               uint32_t is_sparse)
{
    size_t before = enter(of, ".%s", key);
    uint32_t agree = 1;
    if (expected != NULL && got != NULL) {
        uint32_t sparse_below = before == strlen("out") && of->sparse != NULL && strcmp(key, of->sparse) == 0;
        agree = compare_values(of, expected, got, sparse_below);
    } else if (!is_sparse || !is_zero(expected != NULL ? expected : got)) {
        agree = differ(of, expected, got);
    }
    if (agree) {
        leave(of, before);
    }
    return agree;
}

static uint32_t compare_objects(comparison *of, const json_t *expected, const json_t *got, uint32_t is_sparse)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)expected, key, value)
    {
        if (!compare_member(of, key, value, json_object_get(got, key), is_sparse)) {
            return 0;
        }
    }
    json_object_foreach((json_t *)(uintptr_t)got, key, value)
    {
        if (json_object_get(expected, key) == NULL && !compare_member(of, key, NULL, value, is_sparse)) {
            return 0;
        }
    }
    return 1;
}

static uint32_t compare_arrays(comparison *of, const json_t *expected, const json_t *got)
{
    size_t expected_count = json_array_size(expected), got_count = json_array_size(got);
    size_t count = expected_count > got_count ? expected_count : got_count;
    for (size_t i = 0; i < count; i++) {
        const json_t *a = json_array_get(expected, i), *b = json_array_get(got, i);
        size_t before = enter(of, "[%zu]", i);
        if (a == NULL || b == NULL) {
            return differ(of, a, b);
        }
        if (!compare_values(of, a, b, 0)) {
            return 0;
        }
        leave(of, before);
    }
    return 1;
}

static uint32_t compare_values(comparison *of, const json_t *expected, const json_t *got, uint32_t is_sparse)
{
    if (json_is_number(expected) && json_is_number(got)) {
        uint32_t agree = numbers_agree(of, json_number_value(expected), json_number_value(got));
        return agree ? 1 : differ(of, expected, got);
    }
    if (json_is_object(expected) && json_is_object(got)) {
        return compare_objects(of, expected, got, is_sparse);
    }
    if (json_is_array(expected) && json_is_array(got)) {
        return compare_arrays(of, expected, got);
    }
    return json_equal(expected, got) ? 1 : differ(of, expected, got);
}

uint32_t gdi_values_agree(const json_t *expected, const json_t *got, double tolerance_relative, const char *sparse,
                          gdi_difference *ret_difference)
{
    comparison of = {.tolerance_relative = tolerance_relative, .sparse = sparse, .difference = ret_difference};
    *ret_difference = (gdi_difference){.path = ""};
    (void)enter(&of, "out");
    return compare_values(&of, expected, got, 0);
}
