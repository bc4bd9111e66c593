#include "core/trainer/access.h"

#include <stdlib.h>

#include "core/identity/request_signature.h"
#include "core/training/callers.h"
#include "god/helpers/text.h"

static const char caller_default[] = "185.141.218.122";

struct gdi_access {
    const gdi_config *config;
    god_text callers;       /* "10.0.0.1,10.0.0.2" */
    gdi_request_gate *gate; /* own; NULL: signatures are not asked for */
};

static uint32_t is_validator(void *user, const char *address, double *ret_stake_tao)
{
    const gdi_config *config = user;
    *ret_stake_tao = 0;
    return gdi_strings_has(&config->trainer_validators, address);
}

static god_status check_hotkey(const char *setting, const char *address, god_error *err)
{
    uint8_t account[GDI_ACCOUNT_BYTES];
    god_error why = GOD_ERROR_INIT;
    return gdi_ss58_decode(address, account, &why) == GOD_OK
               ? GOD_OK
               : god_fail(err, GOD_E_INVALID, "\"%s\" of god.yaml: %s", setting, why.message);
}

static god_status open_gate(gdi_access *access, god_error *err)
{
    const gdi_config *c = access->config;
    if (c->trainer_require_signature == 0) {
        return GOD_OK;
    }
    if (c->trainer_validators.count == 0) {
        return god_fail(err, GOD_E_INVALID,
                        "\"trainer.validators\" of god.yaml names nobody, so nobody could ask this trainer; name the "
                        "hotkeys of validators, or set \"trainer.require_signature\" to 0");
    }
    for (size_t i = 0; i < c->trainer_validators.count; i++) {
        GOD_TRY(check_hotkey("trainer.validators", c->trainer_validators.items[i], err));
    }
    const char *own = c->trainer_hotkey[0] == '\0' ? c->trainer_validators.items[0] : c->trainer_hotkey;
    GOD_TRY(check_hotkey("trainer.hotkey", own, err));
    const gdi_request_gate_options options = {.own_address = own, .caller = is_validator, .user = (void *)(uintptr_t)c};
    return gdi_request_gate_open(&options, &access->gate, err);
}

static god_status list_callers(gdi_access *access, god_error *err)
{
    const gdi_strings *configured = &access->config->trainer_callers;
    const char *several = getenv("ORCHESTRATOR_IPS"), *one = getenv("ORCHESTRATOR_IP");
    if (configured->count == 0) {
        const char *list = several != NULL && *several != '\0' ? several
                           : one != NULL && *one != '\0'       ? one
                                                               : caller_default;
        return god_text_append_str(&access->callers, list, err);
    }
    for (size_t i = 0; i < configured->count; i++) {
        GOD_TRY(god_text_append_f(&access->callers, err, "%s%s", i == 0 ? "" : ",", configured->items[i]));
    }
    return GOD_OK;
}

god_status gdi_access_open(const gdi_config *config, gdi_access **ret_access, god_error *err)
{
    gdi_access *access = calloc(1, sizeof *access);
    if (access == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the callers of a trainer");
    }
    access->config = config;
    god_status status = list_callers(access, err);
    if (status == GOD_OK) {
        status = open_gate(access, err);
    }
    if (status != GOD_OK) {
        gdi_access_close(access);
        return status;
    }
    *ret_access = access;
    return GOD_OK;
}

void gdi_access_close(gdi_access *access)
{
    if (access == NULL) {
        return;
    }
    gdi_request_gate_close(access->gate);
    god_text_free(&access->callers);
    free(access);
}

god_status gdi_access_check_peer(const gdi_access *access, const char *peer, god_error *err)
{
    return gdi_caller_is_allowed(access->callers.data, peer) ? GOD_OK
                                                             : god_fail(err, GOD_E_CANCELLED, "Access forbidden");
}

static void collect(void *user, const char *name, const char *value)
{
    gdi_request_collect(user, name, value);
}

uint32_t gdi_access_admits(gdi_access *access, const gdi_request *request, gdi_answer *ret_answer)
{
    gdi_request_proof proof = {.has_body = strcmp(request->method, "POST") == 0,
                               .body = request->text == NULL ? "" : request->text,
                               .body_bytes = request->text_bytes};
    gdi_request_verdict verdict;
    if (access->gate == NULL) {
        return 1;
    }
    gdi_request_each_header(request, &proof, collect);
    gdi_request_verify(access->gate, &proof, gdi_request_now_ns(), &verdict);
    if (verdict.http_status == 200) {
        return 1;
    }
    ret_answer->status = verdict.http_status;
    ret_answer->json = json_pack("{s:s}", "detail", verdict.detail);
    return 0;
}
