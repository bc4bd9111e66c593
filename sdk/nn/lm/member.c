#include "lm/member.h"

#include <math.h>

enum { key_bytes = 64 };

/* Copies the key that counts. */
static void choose_key(const json_t *root, const char *keys, char ret_key[key_bytes])
{
    for (const char *key = keys; key != NULL; key = strchr(key, '|') != NULL ? strchr(key, '|') + 1 : NULL) {
        const char *end = strchr(key, '|');
        int length = end != NULL ? (int)(end - key) : (int)strlen(key);
        (void)snprintf(ret_key, key_bytes, "%.*s", length, key);
        const json_t *value = json_object_get(root, ret_key);
        if (value != NULL && !json_is_null(value)) {
            return;
        }
    }
    (void)snprintf(ret_key, key_bytes, "%.*s", (int)strcspn(keys, "|"), keys);
}

god_status gnn_member_get_int(const json_t *root, const char *keys, int64_t lowest, int64_t highest, int64_t *ret,
                              god_error *err)
{
    char key[key_bytes];
    choose_key(root, keys, key);
    return god_json_get_int(GNN_CONFIG_NAME, root, key, lowest, highest, ret, err);
}

god_status gnn_member_opt_int(const json_t *root, const char *keys, int64_t lowest, int64_t highest, int64_t *ret,
                              god_error *err)
{
    char key[key_bytes];
    choose_key(root, keys, key);
    return god_json_opt_int(GNN_CONFIG_NAME, root, key, lowest, highest, ret, err);
}

god_status gnn_member_softcap(const json_t *root, const char *key, double absent, float *ret, god_error *err)
{
    double cap = json_is_null(json_object_get(root, key)) ? 0.0 : absent;
    GOD_TRY(god_json_opt_num(GNN_CONFIG_NAME, root, key, &cap, err));
    if (!(cap >= 0.0) || !isfinite(cap)) {
        return god_fail(err, GOD_E_DATA, GNN_CONFIG_NAME ": \"%s\" is %g, 0 or more is needed", key, cap);
    }
    *ret = (float)cap;
    return GOD_OK;
}
