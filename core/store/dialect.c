#include "core/store/dialect.h"

enum { name_bytes_max = 63 };

/* In both texts @ stands for the name behind the word. */
static const struct word {
    const char *name;
    gdi_dialects sql;
} words[] = {
    {"text", {"TEXT", "text COLLATE \"C\""}},
    {"int", {"INTEGER", "bigint"}},
    {"real", {"REAL", "double precision"}},
    /* \? because two question marks in a row begin a trigraph */
    {"time", {"@ TEXT CHECK (@ GLOB '\?\?\?\?-\?\?-\?\?T\?\?:\?\?:\?\?.\?\?\?\?\?\?Z')", "@ timestamptz"}},
    {"json", {"@ TEXT CHECK (@ IS NULL OR json_valid(@))", "@ json"}},
    {"bool", {"@ INTEGER CHECK (@ IN (0, 1))", "@ boolean"}},
    {"serial", {"@ INTEGER PRIMARY KEY AUTOINCREMENT", "@ bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"}},
    {"table", {"STRICT", ""}},
};

static const char *find_word(uint32_t engine, const char *name, size_t bytes)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i].name) == bytes && memcmp(words[i].name, name, bytes) == 0) {
            return engine == GDI_ENGINE_SQLITE ? words[i].sql.sqlite : words[i].sql.postgres;
        }
    }
    return NULL;
}

static god_status append_word(const char *sql, const char *name, size_t name_bytes, god_text *ret_sql, god_error *err)
{
    for (const char *c = sql; *c != '\0'; c++) {
        if (*c == '@') {
            GOD_TRY(god_text_append(ret_sql, name, name_bytes, err));
        } else {
            GOD_TRY(god_text_append(ret_sql, c, 1, err));
        }
    }
    return GOD_OK;
}

/* "status pending active" as a column that holds one of these. */
static god_status append_one_of(uint32_t engine, const char *words_behind, size_t bytes, god_text *ret_sql,
                                god_error *err)
{
    static const char spaces[] = " \n";
    const char *end = words_behind + bytes;
    size_t name_bytes = strcspn(words_behind, spaces);
    GOD_TRY(god_text_append_f(ret_sql, err, "%.*s %s CHECK (", (int)name_bytes, words_behind,
                              find_word(engine, "text", strlen("text"))));
    uint32_t count = 0;
    for (const char *at = words_behind + name_bytes; (at += strspn(at, spaces)) < end; count++) {
        size_t value_bytes = strcspn(at, " \n}");
        GOD_TRY(god_text_append_f(ret_sql, err, "%s%.*s = '%.*s'", count == 0 ? "" : " OR ", (int)name_bytes,
                                  words_behind, (int)value_bytes, at));
        at += value_bytes;
    }
    return god_text_append(ret_sql, ")", 1, err);
}

/* "{time created_at}", `at` behind the brace. *ret_next is behind the closing one. */
static god_status expand_word(uint32_t engine, const char *at, const char **ret_next, god_text *ret_sql, god_error *err)
{
    size_t word_bytes = strcspn(at, " }");
    const char *name = at[word_bytes] == ' ' ? at + word_bytes + 1 : at + word_bytes;
    size_t name_bytes = strcspn(name, "}");
    const char *sql = find_word(engine, at, word_bytes);
    *ret_next = name + name_bytes + 1;
    if (name[name_bytes] == '}' && word_bytes == strlen("one_of") && memcmp(at, "one_of", word_bytes) == 0) {
        return append_one_of(engine, name, name_bytes, ret_sql, err);
    }
    if (sql == NULL || name[name_bytes] != '}' || name_bytes > name_bytes_max) {
        return god_fail(err, GOD_E_INTERNAL, "a migration has the unknown word \"{%.*s}\"", (int)word_bytes, at);
    }
    return append_word(sql, name, name_bytes, ret_sql, err);
}

god_status gdi_dialect_expand(uint32_t engine, const char *migration, god_text *ret_sql, god_error *err)
{
    const char *at = migration;
    while (*at != '\0') {
        size_t plain = strcspn(at, "{");
        GOD_TRY(god_text_append(ret_sql, at, plain, err));
        at += plain;
        if (*at == '{') {
            GOD_TRY(expand_word(engine, at + 1, &at, ret_sql, err));
        }
    }
    return GOD_OK;
}
