#include "core/host/object_store.h"

#include "core/net/credential.h"

static god_status check_keys(const gdi_config *config, const char *key, const char *secret, god_error *err)
{
    return key != NULL && secret != NULL
               ? GOD_OK
               : god_fail(err, GOD_E_INVALID, "the environment has no %s and %s, which objects are stored with",
                          config->s3_key_variable, config->s3_secret_variable);
}

god_status gdi_object_store_open(const gdi_config *config, const gdi_s3_options *hooks, uint32_t needs_keys,
                                 gdi_s3 **ret_s3, god_error *err)
{
    char *key = NULL, *secret = NULL;
    god_status status = gdi_credential_read("the access key", NULL, config->s3_key_variable, &key, err);
    if (status == GOD_OK) {
        status = gdi_credential_read("the secret key", NULL, config->s3_secret_variable, &secret, err);
    }
    if (status == GOD_OK && needs_keys) {
        status = check_keys(config, key, secret, err);
    }
    if (status == GOD_OK) {
        gdi_s3_options options = *hooks;
        options.endpoint = config->s3_endpoint;
        options.region = config->s3_region;
        options.key = key;
        options.secret = secret;
        options.time_limit_ms = (uint64_t)config->http_time_limit_ms;
        status = gdi_s3_open(&options, ret_s3, err);
    }
    gdi_credential_free(secret);
    gdi_credential_free(key);
    return status;
}
