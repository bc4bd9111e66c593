/* Checks of "god.explain/1": is a row shown in whole parts, the same twice, and does a refusal end it? */
#include "core/loader/checks_data.h"

enum { calls_max = 1 << 20 };

/* What `explain` told. */
typedef struct shown {
    god_explain_sink sink;
    uint64_t digest; /* of everything that was told, to compare two */
    uint32_t calls, refuse_at, in_part, parts;
    const char *broken; /* the first thing that the contract does not allow; NULL: nothing */
} shown;

static void mix(shown *s, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < count; i++) { /* FNV-1a */
        s->digest = (s->digest ^ at[i]) * 0x100000001b3u;
    }
}

static void mix_text(shown *s, const char *text)
{
    mix(s, text == NULL ? "" : text, text == NULL ? 1 : strlen(text) + 1);
}

/* Every call passes here: counts it, and remembers what is wrong with it. */
static god_status take(shown *s, const char *wrong)
{
    if (wrong != NULL && s->broken == NULL) {
        s->broken = wrong;
    }
    if (++s->calls > calls_max && s->broken == NULL) {
        s->broken = "explain does not come to an end";
    }
    return s->calls == s->refuse_at ? GOD_E_IO : s->broken != NULL ? GOD_E_INVALID : GOD_OK;
}

static god_status take_part(void *ctx, const char *name, uint64_t sequence_len)
{
    shown *s = ctx;
    mix_text(s, name);
    mix(s, &sequence_len, sizeof sequence_len);
    const char *wrong = name == NULL || name[0] == '\0' ? "explain begins a part without a name"
                        : s->in_part                    ? "explain begins a part inside another one"
                                                        : NULL;
    s->in_part = 1;
    s->parts++;
    return take(s, wrong);
}

static god_status take_token(void *ctx, const god_explain_token *token)
{
    shown *s = ctx;
    if (token == NULL || !GOD_HAS(token, god_explain_token, text)) {
        return take(s, "explain gives a token that ends before \"text\", set its size with GOD_SIZE_TO");
    }
    const int32_t numbers[] = {token->id, token->label, (int32_t)token->flags};
    mix(s, numbers, sizeof numbers);
    mix_text(s, token->piece);
    mix_text(s, token->text);
    const uint32_t scored = token->flags & GOD_EXPLAIN_SCORED;
    return take(s, !s->in_part           ? "explain gives a token outside of any part"
                   : token->text == NULL ? "explain gives a token without a text, \"\" is needed"
                   : scored && token->label == GOD_EXPLAIN_NO_LABEL ? "explain calls a token scored that has no label"
                                                                    : NULL);
}

static god_status take_state(void *ctx, const char *word, const char *message)
{
    shown *s = ctx;
    mix_text(s, word);
    mix_text(s, message);
    const char *wrong = !s->in_part ? "explain ends a part that it has not begun"
                        : word == NULL || word[0] == '\0' || message == NULL
                            ? "explain ends a part without a word or a message"
                            : NULL;
    s->in_part = 0;
    return take(s, wrong);
}

/* An instance with prepared data. Points into itself: do not copy it. */
typedef struct session {
    gdi_check_session open;
    gdi_check_inputs inputs;
    char data_dir[GOD_PATH_MAX];
} session;

static god_status explain(const gdi_checked *what, const session *s, uint64_t row, shown *ret_shown, god_error *err)
{
    ret_shown->sink =
        (god_explain_sink){GOD_SIZE_TO(god_explain_sink, state), ret_shown, take_part, take_token, take_state};
    return what->plugin.explain.explain(s->open.instance, what->spec_json, &s->inputs.inputs,
                                        what->plugin.has_dataset ? s->data_dir : NULL, row, 0, &ret_shown->sink, err);
}

static uint32_t shows_whole_parts(const gdi_checked *what, const session *s, god_error *ret_why)
{
    shown both[2] = {{.calls = 0}, {.calls = 0}}, none = {.calls = 0};
    for (int i = 0; i < 2; i++) {
        god_error err = GOD_ERROR_INIT;
        god_status status = explain(what, s, 1, &both[i], &err);
        if (both[i].broken != NULL) {
            return gdi_check_fails(ret_why, "%s", both[i].broken);
        }
        uint32_t verdict = gdi_check_succeeded("explain", status, &err, ret_why);
        if (verdict != GDI_PASS) {
            return verdict;
        }
    }
    if (both[0].parts == 0 || both[0].in_part) {
        return gdi_check_fails(ret_why, "explain %s",
                               both[0].parts == 0 ? "shows no part" : "does not end its last part");
    }
    if (both[0].digest != both[1].digest) {
        return gdi_check_fails(ret_why, "explain shows something else the second time");
    }
    god_error err = GOD_ERROR_INIT;
    god_status status = explain(what, s, UINT64_MAX, &none, &err);
    return status == GOD_OK ? gdi_check_fails(ret_why, "explain shows row %llu", (unsigned long long)UINT64_MAX)
                            : gdi_check_explained("explain", status, &err, ret_why);
}

static uint32_t stops_when_refused(const gdi_checked *what, const session *s, god_error *ret_why)
{
    static const uint32_t refused_calls[] = {1, 2, 3};
    for (size_t i = 0; i < sizeof refused_calls / sizeof *refused_calls; i++) {
        shown seen = {.refuse_at = refused_calls[i]};
        god_error err = GOD_ERROR_INIT;
        god_status status = explain(what, s, 1, &seen, &err);
        if (seen.calls >= seen.refuse_at && (status != GOD_E_IO || seen.calls > seen.refuse_at)) {
            return gdi_check_fails(ret_why, "call %u was refused with GOD_E_IO, explain %s and returns %s",
                                   seen.refuse_at, seen.calls > seen.refuse_at ? "goes on" : "stops",
                                   god_status_name(status));
        }
    }
    return GDI_PASS;
}

static uint32_t with_session(const gdi_checked *what,
                             uint32_t (*check)(const gdi_checked *what, const session *s, god_error *ret_why),
                             god_error *ret_why)
{
    session s;
    memset(&s, 0, sizeof s);
    s.inputs.inputs.size = GOD_SIZE_TO(god_inputs, items);
    if (what->spec_json == NULL) {
        return gdi_check_skips(ret_why, "no --task was given");
    }
    uint32_t verdict = gdi_check_session_open(what, what->plugin.has_explain, GOD_EXPLAIN_ID, &s.open, ret_why);
    if (verdict != GDI_PASS) {
        return verdict;
    }
    if (what->plugin.has_dataset) {
        verdict = gdi_check_meet_needs(what, s.open.instance, &s.inputs, ret_why);
    }
    if (verdict == GDI_PASS && what->plugin.has_dataset) {
        verdict = gdi_check_prepare_into(what, s.open.instance, "explained", s.data_dir, ret_why);
    }
    if (verdict == GDI_PASS) {
        verdict = check(what, &s, ret_why);
    }
    gdi_check_session_close(what, &s.open);
    return verdict;
}

uint32_t gdi_check_explain(const gdi_checked *what, god_error *ret_why)
{
    return with_session(what, shows_whole_parts, ret_why);
}

uint32_t gdi_check_explain_refused(const gdi_checked *what, god_error *ret_why)
{
    return with_session(what, stops_when_refused, ret_why);
}
