#include "god/helpers/json.h"
#include "step.h"

static god_status load(gdt_step *step, const char *where, const char *type, json_t *object, god_error *err)
{
    (void)step;
    (void)object;
    return god_fail(err, GOD_E_UNSUPPORTED, "%s: the type \"%.40s\" is not supported", where, type);
}

god_status gdt_normalizer_load(gdt_steps *steps, json_t *object, god_error *err)
{
    return json_is_null(object) || object == NULL
               ? GOD_OK
               : gdt_steps_load(steps, "tokenizer.json: normalizer", "normalizers", object, 0, load, err);
}
