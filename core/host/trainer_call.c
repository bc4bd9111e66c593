#include "core/host/trainer_call.h"

#include "core/host/wallet.h"
#include "core/net/call.h"
#include "god/helpers/json.h"

/* A host name or an IPv4 address: what may stand in front of the port. */
static god_status check_address(const char *address, god_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    size_t bytes = strlen(address);
    if (bytes == 0 || bytes > 253 || strspn(address, allowed) != bytes) {
        return god_fail(err, GOD_E_INVALID, "the address of a trainer is no host name");
    }
    return GOD_OK;
}

god_status gdi_trainer_ask(const gdi_execution *x, const gdi_trainer_call *call, long *ret_status, json_t **ret_answer,
                           god_error *err)
{
    char url[1024];
    gdi_reply reply = {.status = 0};
    gdi_signed_call signed_call;
    GOD_TRY(check_address(call->trainer_ip, err));
    GOD_TRY(gdi_wallet_sign_trainer(x->config, call->body, &signed_call, err));
    (void)snprintf(url, sizeof url, "http://%s:%d%s", call->trainer_ip, GDI_TRAINER_PORT, call->path);
    const gdi_call http = {.method = call->body == NULL ? "GET" : "POST",
                           .url = url,
                           .headers = signed_call.headers,
                           .body = call->body,
                           .time_limit_ms = call->limit_ms,
                           .bytes_max = call->bytes_max,
                           .stop_asked = x->stop_asked,
                           .user = x->user};
    GOD_TRY(gdi_call_send(&http, &reply, err));
    *ret_status = reply.status;
    *ret_answer = NULL;
    (void)god_json_parse("the trainer's answer", reply.body, reply.bytes, ret_answer, NULL);
    gdi_reply_clear(&reply);
    return GOD_OK;
}
