#include "core/host/wallet.h"

#include "god/helpers/json.h"

god_status gdi_wallet_open(const gdi_config *config, gdi_hotkey **ret_key, god_error *err)
{
    if (config->identity_wallet_path[0] == '\0') {
        *ret_key = NULL;
        return GOD_OK;
    }
    return gdi_hotkey_read(config->identity_wallet_path, ret_key, err);
}

god_status gdi_wallet_sign(const gdi_hotkey *key, const char *to, const char *body, gdi_signed_call *call,
                           god_error *err)
{
    static const char content_type[] = "Content-Type: application/json"; /* also with a GET: the route's contract */
    gdi_signed_headers headers;
    uint32_t count = 0;
    GOD_TRY(gdi_request_sign(key, to, body, body == NULL ? 0 : strlen(body), &headers, err));
    gdi_signed_header_lines(&headers, call->lines);
    for (; count < GDI_SIGNED_HEADERS; count++) {
        call->headers[count] = call->lines[count];
    }
    if (body == NULL) {
        call->headers[count++] = content_type;
    }
    call->headers[count] = NULL;
    return GOD_OK;
}

god_status gdi_payload_token(const gdi_config *config, const json_t *payload, char **ret_token, god_error *err)
{
    const char *sealed = NULL;
    gdi_secrets *secrets = NULL;
    GOD_TRY(god_json_opt_str("payload", payload, "github_token", &sealed, err));
    if (sealed == NULL) {
        *ret_token = NULL;
        return GOD_OK;
    }
    GOD_TRY(gdi_secrets_open(config->paths_state_dir, &secrets, err));
    god_status status = gdi_secret_open(secrets, sealed, ret_token, err);
    gdi_secrets_close(secrets);
    return status;
}

god_status gdi_wallet_sign_trainer(const gdi_config *config, const char *body, gdi_signed_call *call, god_error *err)
{
    gdi_hotkey *key = NULL;
    GOD_TRY(gdi_wallet_open(config, &key, err));
    if (key == NULL) {
        call->headers[0] = NULL;
        return GOD_OK;
    }
    const char *to = config->identity_trainer_hotkey;
    god_status status = gdi_wallet_sign(key, to[0] == '\0' ? gdi_hotkey_address(key) : to, body, call, err);
    gdi_hotkey_free(key);
    return status;
}
