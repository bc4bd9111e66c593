#include "core/http/route.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void gdi_answer_clear(gdi_answer *answer)
{
    json_decref(answer->json);
    free(answer->text);
    *answer = (gdi_answer){.status = 0};
}

/* Whether the pattern's segments are those of the target. */
static uint32_t fits(const char *pattern, const gdi_target *target,
                     const char *ret_parameters[GDI_ROUTE_PARAMETERS_MAX])
{
    uint32_t parameter_count = 0;
    const char *at = pattern + 1;
    for (uint32_t i = 0; i < target->segment_count; i++) {
        const char *segment = target->segments[i];
        size_t bytes = strcspn(at, "/");
        if (at[0] == '{') {
            if (segment[0] == '\0' || parameter_count == GDI_ROUTE_PARAMETERS_MAX) {
                return 0;
            }
            ret_parameters[parameter_count++] = segment;
        } else if (strlen(segment) != bytes || memcmp(segment, at, bytes) != 0) {
            return 0;
        }
        at += bytes;
        uint32_t last = i + 1 == target->segment_count;
        if ((*at == '\0') != last) {
            return 0;
        }
        at += *at == '/';
    }
    return 1;
}

static void allow_more(char allow[GDI_ROUTE_ALLOW_BYTES], const char *method)
{
    if (strstr(allow, method) != NULL) {
        return;
    }
    size_t used = strlen(allow);
    (void)snprintf(allow + used, GDI_ROUTE_ALLOW_BYTES - used, "%s%s%s", used == 0 ? "" : ", ", method,
                   strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

const gdi_route *gdi_route_find(const gdi_route *const *tables, const char *method, const gdi_target *target,
                                const char *ret_parameters[GDI_ROUTE_PARAMETERS_MAX],
                                char ret_allow[GDI_ROUTE_ALLOW_BYTES])
{
    ret_allow[0] = '\0';
    for (; *tables != NULL; tables++) {
        for (const gdi_route *route = *tables; route->method != NULL; route++) {
            const char *parameters[GDI_ROUTE_PARAMETERS_MAX] = {NULL};
            if (!fits(route->pattern, target, parameters)) {
                continue;
            }
            if (strcmp(route->method, method) == 0) {
                memcpy(ret_parameters, parameters, sizeof parameters);
                return route;
            }
            allow_more(ret_allow, route->method);
        }
    }
    return NULL;
}

god_status gdi_route_check_name(const char *name, god_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t bytes = strlen(name);
    if (bytes == 0 || bytes > GDI_ROUTE_NAME_BYTES_MAX || strspn(name, allowed) != bytes) {
        return god_fail(err, GOD_E_INVALID,
                        "an id in the address is not 1 to %d letters, digits, dots, underscores and hyphens",
                        GDI_ROUTE_NAME_BYTES_MAX);
    }
    return GOD_OK;
}

god_status gdi_route_check_names(const char *const parameters[GDI_ROUTE_PARAMETERS_MAX], god_error *err)
{
    for (uint32_t i = 0; i < GDI_ROUTE_PARAMETERS_MAX && parameters[i] != NULL; i++) {
        GOD_TRY(gdi_route_check_name(parameters[i], err));
    }
    return GOD_OK;
}

uint32_t gdi_http_status(god_status status)
{
    switch (status) {
    case GOD_OK: return 200;
    case GOD_E_INVALID:
    case GOD_E_DATA: return 400;
    case GOD_E_CANCELLED: return 403;
    case GOD_E_NOT_FOUND: return 404;
    case GOD_E_UNSUPPORTED: return 409;
    case GOD_E_TIMEOUT: return 503;
    default: return 500;
    }
}

god_status gdi_request_int(const gdi_request *request, const char *name, int64_t lowest, int64_t highest, int64_t *ret,
                           god_error *err)
{
    const char *text = gdi_target_query(request->target, name);
    if (text == NULL) {
        return GOD_OK;
    }
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    uint32_t is_number = (*text == '-' || (*text >= '0' && *text <= '9')) && *end == '\0' && errno == 0;
    if (!is_number || value < lowest || value > highest) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is \"%.40s\", a whole number from %lld to %lld is needed", name,
                        text, (long long)lowest, (long long)highest);
    }
    *ret = value;
    return GOD_OK;
}

god_status gdi_request_num(const gdi_request *request, const char *name, double lowest, double highest, double *ret,
                           god_error *err)
{
    const char *text = gdi_target_query(request->target, name);
    if (text == NULL) {
        return god_fail(err, GOD_E_INVALID, "the parameter \"%s\" is missing", name);
    }
    char *end = NULL;
    double value = strtod(text, &end);
    uint32_t is_number = text[0] != '\0' && strspn(text, "+-.0123456789eE") == strlen(text) && *end == '\0';
    if (!is_number || !isfinite(value) || value < lowest || value > highest) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is \"%.40s\", a number from %g to %g is needed", name, text, lowest,
                        highest);
    }
    *ret = value;
    return GOD_OK;
}
