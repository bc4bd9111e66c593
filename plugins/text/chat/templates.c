#include "chat/templates.h"

#include "god/helpers/text.h"

typedef struct library_template {
    const char *name, *source;
} library_template;

static const library_template library[] = {
#include "chat/template_rows.h"
};

static const char own_choice[] = "tokenizer_default";
static const char fallback_prefix[] = "tokenizer_default_fallback_";

static uint32_t is_fallback(const char *choice)
{
    return strncmp(choice, fallback_prefix, sizeof fallback_prefix - 1) == 0;
}

/* NULL for a name that is not in the library. */
static const char *find_source(const char *name)
{
    for (size_t i = 0; i < sizeof library / sizeof library[0]; i++) {
        if (strcmp(library[i].name, name) == 0) {
            return library[i].source;
        }
    }
    return NULL;
}

const char *chat_template_library_source(const char *choice)
{
    const char *source = find_source(is_fallback(choice) ? choice + sizeof fallback_prefix - 1 : choice);
    return source != NULL ? source : "";
}

god_status chat_template_check(const char *choice, god_error *err)
{
    if (strcmp(choice, own_choice) == 0 || chat_template_library_source(choice)[0] != '\0') {
        return GOD_OK;
    }
    god_text names = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    for (size_t i = 0; i < sizeof library / sizeof library[0] && status == GOD_OK; i++) {
        status = god_text_append_f(&names, err, "%s, ", library[i].name);
    }
    if (status == GOD_OK) {
        status =
            god_fail(err, GOD_E_INVALID, "dataset_type: \"chat_template\" is \"%.100s\", known are %s%s and %sNAME",
                     choice, names.data, own_choice, fallback_prefix);
    }
    god_text_free(&names);
    return status;
}

god_status chat_template_choose(const char *choice, const char *own, const char **ret_source, god_error *err)
{
    if (own != NULL && (strcmp(choice, own_choice) == 0 || is_fallback(choice))) {
        *ret_source = own;
        return GOD_OK;
    }
    if (strcmp(choice, own_choice) == 0) {
        return god_fail(err, GOD_E_DATA,
                        "dataset_type: \"chat_template\" is \"%s\" and the base model's tokenizer has no template",
                        choice);
    }
    GOD_TRY(chat_template_check(choice, err));
    *ret_source = chat_template_library_source(choice);
    return GOD_OK;
}
