#include "core/entry/repository_answer.h"

#include <string.h>

#include "god/helpers/json.h"

/* Never with the value: it may be the token, or any bytes. */
static god_status check_text(const char *where, const char *name, const char *text, uint32_t may_be_empty,
                             god_error *err)
{
    if (text[0] == '\0' && !may_be_empty) {
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" is empty", where, name);
    }
    if (strnlen(text, GDI_ANSWER_TEXT_BYTES_MAX + 1) > GDI_ANSWER_TEXT_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" is longer than %d bytes", where, name, GDI_ANSWER_TEXT_BYTES_MAX);
    }
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) { /* a line end would start a header of its own */
            return god_fail(err, GOD_E_DATA, "%s: \"%s\" holds a control character", where, name);
        }
    }
    return GOD_OK;
}

static god_status check_datasets(const char *where, const json_t *datasets, god_error *err)
{
    const json_t *name = NULL;
    size_t i = 0;
    if (json_array_size(datasets) > GDI_ANSWER_DATASETS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: \"requested_datasets\" names more than %d", where,
                        GDI_ANSWER_DATASETS_MAX);
    }
    json_array_foreach(datasets, i, name)
    {
        if (!json_is_string(name)) {
            return god_fail(err, GOD_E_DATA, "%s: entry %zu of \"requested_datasets\" is no string", where, i + 1);
        }
        GOD_TRY(check_text(where, "requested_datasets", json_string_value(name), 1, err));
    }
    return GOD_OK;
}

static god_status read_members(const char *where, gdi_repository_answer *answer, god_error *err)
{
    json_t *datasets = NULL;
    GOD_TRY(god_json_get_str(where, answer->root, "github_repo", &answer->github_repo, err));
    GOD_TRY(god_json_get_str(where, answer->root, "commit_hash", &answer->commit_hash, err));
    GOD_TRY(god_json_opt_str(where, answer->root, "github_token", &answer->github_token, err));
    GOD_TRY(god_json_opt_array(where, answer->root, "requested_datasets", &datasets, err));
    GOD_TRY(check_text(where, "github_repo", answer->github_repo, 0, err));
    GOD_TRY(check_text(where, "commit_hash", answer->commit_hash, 0, err));
    GOD_TRY(check_datasets(where, datasets, err));
    answer->requested_datasets = datasets;
    if (answer->github_token != NULL && answer->github_token[0] == '\0') {
        answer->github_token = NULL;
    }
    return answer->github_token == NULL ? GOD_OK : check_text(where, "github_token", answer->github_token, 1, err);
}

/* jansson's own message quotes the text near the fault, which may be the token: only the place is kept. */
god_status gdi_repository_answer_parse(const char *where, const char *text, size_t bytes,
                                       gdi_repository_answer *ret_answer, god_error *err)
{
    json_error_t fault;
    gdi_repository_answer answer = {.root = NULL};
    if (bytes > GDI_ANSWER_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: more than %d bytes", where, GDI_ANSWER_BYTES_MAX);
    }
    answer.root = json_loadb(text, bytes, 0, &fault);
    if (answer.root == NULL) {
        return god_fail(err, GOD_E_DATA, "%s: no JSON, line %d, column %d", where, fault.line, fault.column);
    }
    god_status status = json_is_object(answer.root) ? read_members(where, &answer, err)
                                                    : god_fail(err, GOD_E_DATA, "%s: not a JSON object", where);
    if (status != GOD_OK) {
        gdi_repository_answer_clear(&answer);
        return status;
    }
    *ret_answer = answer;
    return GOD_OK;
}

void gdi_repository_answer_clear(gdi_repository_answer *answer)
{
    const json_t *token = json_object_get(answer->root, "github_token");
    if (json_is_string(token)) {
        explicit_bzero((char *)(uintptr_t)json_string_value(token), json_string_length(token));
    }
    json_decref(answer->root);
    *answer = (gdi_repository_answer){.root = NULL};
}
