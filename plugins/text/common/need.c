#include "common/need.h"

#include "god/helpers/text.h"

god_status gtx_need_report(const char *key, const char *name, void *user,
                           god_status (*need)(void *user, const god_need *item), god_error *err)
{
    god_need item = {.size = GOD_SIZE_TO(god_need, sha256), .key = key};
    if (name == NULL || name[0] == '\0') {
        return need(user, &item);
    }
    god_text uri = GOD_TEXT_INIT;
    const char *scheme = strstr(name, "://") != NULL ? "" : name[0] == '/' ? "file://" : "hf://";
    god_status status = god_text_append_f(&uri, err, "%s%s", scheme, name);
    if (status == GOD_OK) {
        item.uri = uri.data;
        status = need(user, &item);
    }
    god_text_free(&uri);
    return status;
}
