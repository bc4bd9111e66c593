/* Checks of open, close and query. */
#include "core/loader/checks_host.h"

static uint32_t open_and_close(gdi_check_host *host, const gdi_checked *what, uint32_t times, god_error *ret_why)
{
    for (uint32_t i = 0; i < times; i++) {
        god_instance *instance = NULL;
        uint32_t verdict = gdi_check_host_open(host, what, &instance, ret_why);
        if (verdict != GDI_PASS) {
            return verdict;
        }
        what->plugin.plugin.close(instance);
    }
    return GDI_PASS;
}

uint32_t gdi_check_open_close(const gdi_checked *what, god_error *ret_why)
{
    gdi_check_host host;
    uint32_t verdict = gdi_check_host_init(what, &host, ret_why);
    if (verdict != GDI_PASS) {
        return verdict;
    }
    verdict = open_and_close(&host, what, 2, ret_why);
    if (verdict == GDI_PASS && host.broken[0] != '\0') {
        verdict = gdi_check_fails(ret_why, "%s", host.broken);
    }
    gdi_check_host_fini(&host);
    return verdict;
}

uint32_t gdi_check_close_null(const gdi_checked *what, god_error *ret_why)
{
    (void)ret_why;
    what->plugin.plugin.close(NULL);
    return GDI_PASS;
}

/* The first is closed first, while the second still works: what they share must outlive both. */
static uint32_t overlap(gdi_check_host *host, const gdi_checked *what, god_error *ret_why)
{
    god_instance *first = NULL, *second = NULL;
    god_error err = GOD_ERROR_INIT;
    uint32_t verdict = gdi_check_host_open(host, what, &first, ret_why);
    if (verdict != GDI_PASS) {
        return verdict;
    }
    verdict = gdi_check_host_open(host, what, &second, ret_why);
    what->plugin.plugin.close(first);
    if (verdict != GDI_PASS) {
        return verdict;
    }
    (void)what->plugin.task.check(second, "{}", &err);
    what->plugin.plugin.close(second);
    return GDI_PASS;
}

uint32_t gdi_check_two_instances(const gdi_checked *what, god_error *ret_why)
{
    gdi_check_host host;
    uint32_t verdict = gdi_check_host_init(what, &host, ret_why);
    if (verdict == GDI_PASS) {
        verdict = overlap(&host, what, ret_why);
        gdi_check_host_fini(&host);
    }
    return verdict;
}

static uint32_t open_with(gdi_check_host *host, const gdi_checked *what, const char *config_json, god_error *ret_why)
{
    god_error err = GOD_ERROR_INIT;
    god_instance *instance = NULL;
    god_status status = what->plugin.plugin.open(&host->host, config_json, &instance, &err);
    if (status == GOD_OK) {
        what->plugin.plugin.close(instance);
        return GDI_PASS;
    }
    return gdi_check_explained("open", status, &err, ret_why);
}

uint32_t gdi_check_open_rubbish(const gdi_checked *what, god_error *ret_why)
{
    static const char *const rubbish[] = {"", "{", "[]", "null", "7", "{\"no such setting\": [[[]]]}"};
    gdi_check_host host;
    uint32_t verdict = gdi_check_host_init(what, &host, ret_why);
    if (verdict != GDI_PASS) {
        return verdict;
    }
    for (size_t i = 0; verdict == GDI_PASS && i < sizeof rubbish / sizeof *rubbish; i++) {
        verdict = open_with(&host, what, rubbish[i], ret_why);
    }
    gdi_check_host_fini(&host);
    return verdict;
}

uint32_t gdi_check_query_unknown(const gdi_checked *what, god_error *ret_why)
{
    static const char *const unknown[] = {"", "god.eval/", "god.eval/999", "god.eval/1 ", "nobody.knows/1"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        if (what->plugin.plugin.query(unknown[i]) != NULL) {
            return gdi_check_fails(ret_why, "query(\"%s\") answers with a table", unknown[i]);
        }
    }
    return GDI_PASS;
}
