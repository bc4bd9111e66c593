#include "core/host/held.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/host/facts.h"
#include "god/helpers/json.h"

static const int64_t lease_us = GDI_HELD_LEASE_MS * INT64_C(1000);

god_status gdi_held_claim(gdi_db *db, const char *const *kinds, const char *owner, gdi_held *ret_held, god_error *err)
{
    for (;;) {
        gdi_held held = {.db = db, .renewed_ms = gdi_clock_ms()};
        god_error why = GOD_ERROR_INIT;
        if (kinds[0] == NULL) {
            return god_fail(err, GOD_E_NOT_FOUND, "no kind of job is executed here");
        }
        GOD_TRY(gdi_job_claim(db, kinds, owner, gdi_facts_now_us(), lease_us, &held.lease, err));
        const char *text = held.lease.payload_json;
        god_status status = god_json_parse("payload", text, strlen(text), &held.payload, &why);
        if (status == GOD_OK && json_is_object(held.payload)) {
            *ret_held = held;
            return GOD_OK;
        }
        status = gdi_job_fail(db, &held.lease, gdi_facts_now_us(), 0,
                              status == GOD_OK ? "the payload is no JSON object" : why.message, err);
        gdi_held_clear(&held);
        GOD_TRY(status);
    }
}

god_status gdi_held_keep(gdi_held *held)
{
    if (gdi_clock_ms() - held->renewed_ms < GDI_HELD_KEEP_MS) {
        return GOD_OK;
    }
    held->renewed_ms = gdi_clock_ms();
    god_status status = gdi_job_renew(held->db, &held->lease, gdi_facts_now_us(), lease_us, NULL, NULL);
    return status == GOD_E_CANCELLED ? status : GOD_OK;
}

god_status gdi_held_finish(gdi_held *held, const json_t *result, god_error *err)
{
    char *text = result == NULL ? strdup("{}") : json_dumps(result, JSON_COMPACT);
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a result");
    }
    god_status status = gdi_job_finish(held->db, &held->lease, gdi_facts_now_us(), text, err);
    free(text);
    return status;
}

void gdi_held_clear(gdi_held *held)
{
    gdi_job_lease_clear(&held->lease);
    json_decref(held->payload);
    held->payload = NULL;
}
