#include "core/store/statements.h"

#include <stdlib.h>
#include <string.h>

enum { slots_count = 2048 }; /* a power of two, four times GDI_STATEMENTS_MAX: probes stay short */

typedef struct known {
    char *sql; /* own */
    uint64_t hash;
    void *prepared; /* own, ended by drop */
} known;

struct gdi_statements {
    void (*drop)(void *user, void *prepared);
    void *user;
    known all[GDI_STATEMENTS_MAX];
    size_t count;
    uint16_t by_text[slots_count];    /* index + 1 into all; 0: free */
    uint16_t by_address[slots_count]; /* the same; only a hint */
};

god_status gdi_statements_new(void (*drop)(void *user, void *prepared), void *user, gdi_statements **ret_statements,
                              god_error *err)
{
    gdi_statements *statements = calloc(1, sizeof *statements);
    if (statements == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a connection to the store");
    }
    statements->drop = drop;
    statements->user = user;
    *ret_statements = statements;
    return GOD_OK;
}

void gdi_statements_drop(gdi_statements *statements)
{
    for (size_t i = 0; i < statements->count; i++) {
        statements->drop(statements->user, statements->all[i].prepared);
        free(statements->all[i].sql);
    }
    statements->count = 0;
    (void)memset(statements->by_text, 0, sizeof statements->by_text);
    (void)memset(statements->by_address, 0, sizeof statements->by_address);
}

void gdi_statements_free(gdi_statements *statements)
{
    if (statements != NULL) {
        gdi_statements_drop(statements);
        free(statements);
    }
}

bool gdi_statements_are_full(const gdi_statements *statements)
{
    return statements->count == GDI_STATEMENTS_MAX;
}

/* FNV-1a. */
static uint64_t hash_of(const char *sql)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *c = sql; *c != '\0'; c++) {
        hash = (hash ^ (uint8_t)*c) * UINT64_C(1099511628211);
    }
    return hash;
}

static size_t address_slot(const char *sql)
{
    return (size_t)(((uintptr_t)sql * UINT64_C(11400714819323198485)) >> 53) & (slots_count - 1);
}

/* The slot that holds this text, or the free one where it would go. */
static size_t text_slot(const gdi_statements *statements, const char *sql, uint64_t hash)
{
    size_t slot = hash & (slots_count - 1);
    while (statements->by_text[slot] != 0) {
        const known *k = &statements->all[statements->by_text[slot] - 1];
        if (k->hash == hash && strcmp(k->sql, sql) == 0) {
            break;
        }
        slot = (slot + 1) & (slots_count - 1);
    }
    return slot;
}

void *gdi_statements_find(gdi_statements *statements, const char *sql)
{
    uint16_t *hint = &statements->by_address[address_slot(sql)];
    if (*hint != 0 && strcmp(statements->all[*hint - 1].sql, sql) == 0) {
        return statements->all[*hint - 1].prepared;
    }
    uint16_t found = statements->by_text[text_slot(statements, sql, hash_of(sql))];
    if (found == 0) {
        return NULL;
    }
    *hint = found;
    return statements->all[found - 1].prepared;
}

god_status gdi_statements_add_take(gdi_statements *statements, const char *sql, void *prepared, god_error *err)
{
    if (gdi_statements_are_full(statements)) {
        gdi_statements_drop(statements);
    }
    known *k = &statements->all[statements->count];
    *k = (known){.sql = strdup(sql), .hash = hash_of(sql), .prepared = prepared};
    if (k->sql == NULL) {
        statements->drop(statements->user, prepared);
        return god_fail(err, GOD_E_NOMEM, "out of memory for a statement of the store");
    }
    statements->by_text[text_slot(statements, sql, k->hash)] = (uint16_t)(statements->count + 1);
    statements->by_address[address_slot(sql)] = (uint16_t)(statements->count + 1);
    statements->count++;
    return GOD_OK;
}
