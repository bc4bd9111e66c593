/* Questions to the network and messages to people. */
#include "core/cycles/work.h"
#include "core/host/executors.h"
#include "core/host/github.h"
#include "core/net/call.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"

#include <stdlib.h>
#include <sys/stat.h>

enum { address_bytes_max = 2048, nodes_bytes_max = 64 << 20, nodes_max = 65536, call_limit_ms = 30 * 1000 };

/* ---- notify ---- */

static void cut_line(char *text)
{
    text[strcspn(text, " \t\r\n")] = '\0';
}

/* The address is a secret: who knows it can write there. *ret_address is NULL when none is configured. */
static god_status read_address(const gdi_config *config, char **ret_address, god_error *err)
{
    const char *file = config->tournament_notify_file;
    size_t bytes = 0;
    struct stat info;
    *ret_address = NULL;
    if (file[0] == '\0') {
        const char *value =
            config->tournament_notify_variable[0] == '\0' ? NULL : getenv(config->tournament_notify_variable);
        *ret_address = value == NULL || value[0] == '\0' ? NULL : strdup(value);
        return GOD_OK;
    }
    if (stat(file, &info) == 0 && (info.st_mode & (S_IROTH | S_IWOTH)) != 0) {
        return god_fail(err, GOD_E_INVALID,
                        "the file of \"tournament.notify_file\" is open to other users: chmod o-rw");
    }
    GOD_TRY(god_file_read(file, address_bytes_max, ret_address, &bytes, err));
    cut_line(*ret_address);
    if (**ret_address == '\0') {
        free(*ret_address); /* an empty file: nobody is told */
        *ret_address = NULL;
    }
    return GOD_OK;
}

static god_status post(const gdi_execution *x, const char *address, const char *content, god_error *err)
{
    json_t *message = json_pack("{s:s}", "content", content);
    char *body = message == NULL ? NULL : json_dumps(message, JSON_COMPACT);
    gdi_reply reply = {.status = 0};
    json_decref(message);
    if (body == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a notification");
    }
    const gdi_call call = {.method = "POST",
                           .url = address,
                           .body = body,
                           .time_limit_ms = call_limit_ms,
                           .stop_asked = x->stop_asked,
                           .user = x->user};
    god_status status = gdi_call_send(&call, &reply, err);
    if (status == GOD_OK && reply.status / 100 != 2) {
        status = god_fail(err, reply.status == 429 || reply.status >= 500 ? GOD_E_IO : GOD_E_INVALID,
                          "the notification was answered with status %ld", reply.status);
    }
    gdi_reply_clear(&reply);
    free(body);
    return status;
}

god_status gdi_run_notify(const gdi_execution *x, json_t **ret_result, god_error *err)
{
    enum { content_bytes_max = 1900 }; /* what common receivers take */
    const char *content = NULL;
    char *address = NULL, cut[content_bytes_max + 1];
    GOD_TRY(god_json_get_str("payload", x->payload, "content", &content, err));
    GOD_TRY(read_address(x->config, &address, err));
    size_t bytes = strlen(content);
    for (bytes = bytes > content_bytes_max ? content_bytes_max : bytes; bytes > 0; bytes--) {
        if (((unsigned char)content[bytes] & 0xc0) != 0x80) {
            break; /* not inside a character */
        }
    }
    (void)snprintf(cut, sizeof cut, "%.*s", (int)bytes, content);
    god_status status = GOD_OK;
    if (address != NULL) {
        status = post(x, address, cut, err);
    } else {
        gdi_log_write(x->log, GOD_LOG_INFO, "a notification, sent to nobody", "content", cut, NULL);
    }
    free(address);
    if (status == GOD_OK) {
        *ret_result = json_pack("{s:b}", "sent", address != NULL);
    }
    return status;
}

/* ---- refresh_nodes ---- */

static god_status fetch(const gdi_execution *x, const char *url, json_t **ret_value, god_error *err)
{
    gdi_reply reply = {.status = 0};
    const gdi_call call = {.method = "GET",
                           .url = url,
                           .time_limit_ms = call_limit_ms,
                           .bytes_max = nodes_bytes_max,
                           .stop_asked = x->stop_asked,
                           .user = x->user};
    GOD_TRY(gdi_call_send(&call, &reply, err));
    god_status status = reply.status == 200
                            ? god_json_parse("list of nodes", reply.body, reply.bytes, ret_value, err)
                            : god_fail(err, GOD_E_IO, "the list of nodes was answered with status %ld", reply.status);
    gdi_reply_clear(&reply);
    return status;
}

static god_status check_node(const json_t *node, json_t *checked, god_error *err)
{
    static const char where[] = "list of nodes";
    const char *hotkey = NULL, *coldkey = NULL, *ip = NULL;
    int64_t port = 0;
    GOD_TRY(god_json_get_str(where, node, "hotkey", &hotkey, err));
    GOD_TRY(god_json_get_str(where, node, "coldkey", &coldkey, err));
    GOD_TRY(god_json_opt_str(where, node, "ip", &ip, err));
    GOD_TRY(god_json_opt_int(where, node, "port", 0, 65535, &port, err));
    json_t *made =
        json_pack("{s:s, s:s, s:s?, s:I}", "hotkey", hotkey, "coldkey", coldkey, "ip", ip, "port", (json_int_t)port);
    return json_array_append_new(checked, made) == 0 ? GOD_OK
                                                     : god_fail(err, GOD_E_NOMEM, "out of memory for the nodes");
}

static god_status check_nodes(const json_t *list, json_t *checked, god_error *err)
{
    json_t *nodes = NULL;
    const json_t *node = NULL;
    size_t i = 0;
    GOD_TRY(god_json_get_array("list of nodes", list, "nodes", &nodes, err));
    if (json_array_size(nodes) > nodes_max) {
        return god_fail(err, GOD_E_DATA, "the list of nodes holds more than %d", nodes_max);
    }
    json_array_foreach(nodes, i, node)
    {
        GOD_TRY(check_node(node, checked, err));
    }
    return GOD_OK;
}

god_status gdi_run_refresh_nodes(const gdi_execution *x, json_t **ret_result, god_error *err)
{
    const char *source = x->config->tournament_nodes;
    uint32_t is_url = strncmp(source, "http://", 7) == 0 || strncmp(source, "https://", 8) == 0;
    json_t *list = NULL, *checked = json_array();
    god_status status = is_url ? fetch(x, source, &list, err) : god_json_read(source, nodes_bytes_max, &list, err);
    if (status == GOD_OK) {
        status = check_nodes(list, checked, err);
    }
    json_decref(list);
    if (status != GOD_OK) {
        json_decref(checked);
        return status;
    }
    *ret_result = json_pack("{s:o}", "nodes", checked);
    return GOD_OK;
}

/* ---- find_head ---- */

god_status gdi_run_find_head(const gdi_execution *x, json_t **ret_result, god_error *err)
{
    static const char *const headers[] = {"Accept: application/vnd.github+json", "User-Agent: god", NULL};
    const char *repository = NULL, *branch = NULL, *sha = NULL;
    char url[GDI_GITHUB_URL_BYTES], rest[256];
    gdi_reply reply = {.status = 0};
    json_t *answer = NULL, *commit = NULL;
    GOD_TRY(god_json_get_str("payload", x->payload, "github_repo", &repository, err));
    GOD_TRY(god_json_get_str("payload", x->payload, "branch", &branch, err));
    (void)snprintf(rest, sizeof rest, "/branches/%.200s", branch);
    GOD_TRY(gdi_github_url(x->config, repository, rest, url, err));
    const gdi_call call = {.method = "GET",
                           .url = url,
                           .headers = headers,
                           .time_limit_ms = call_limit_ms,
                           .stop_asked = x->stop_asked,
                           .user = x->user};
    GOD_TRY(gdi_call_send(&call, &reply, err));
    god_status status = reply.status == 200 ? god_json_parse("GitHub's answer", reply.body, reply.bytes, &answer, err)
                                            : god_fail(err, GOD_E_IO, "GitHub answered with status %ld", reply.status);
    gdi_reply_clear(&reply);
    if (status == GOD_OK) {
        status = god_json_get_object("GitHub's answer", answer, "commit", &commit, err);
    }
    if (status == GOD_OK) {
        status = god_json_get_str("GitHub's answer", commit, "sha", &sha, err);
    }
    if (status == GOD_OK) {
        *ret_result = json_pack("{s:s}", "commit_hash", sha);
    }
    json_decref(answer);
    return status;
}
