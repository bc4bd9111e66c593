/* core/cli/rules_fees.c: the vector about fees: two registration passes, a transfer between them, refunds after. */
#include "core/cli/rules_vector.h"
#include "core/tournament/fees.h"

typedef struct ledger_event {
    uint32_t coldkey;
    int64_t amount_rao; /* negative: participation_fee, positive: refund */
} ledger_event;

/* The rows that a store would hold; coldkeys are places in a roster. */
typedef struct ledger {
    int64_t fee_rao;
    gdi_roster coldkeys, hotkeys;
    int64_t *balances_rao;
    bool *known;   /* by coldkey: has a balance row */
    bool *charged; /* by hotkey */
    ledger_event *events;
    uint32_t event_count, event_cap;
} ledger;

static const char *const pass_keys[] = {"pass_1", "pass_2_after_30_min"};
enum { pass_count = 2, refund_calls_max = 1000 };

/* Collects every coldkey and hotkey of the vector. */
static god_status read_keys(gdi_vector *vector, const json_t *in, ledger *books, god_error *err)
{
    gdi_names coldkeys = {0}, hotkeys = {0};
    GOD_TRY(gdi_names_add_keys(vector, &coldkeys, json_object_get(in, "balances_rao"), err));
    GOD_TRY(gdi_names_add_keys(vector, &coldkeys, json_object_get(in, "then_transfer_in"), err));
    for (uint32_t p = 0; p < pass_count; p++) {
        json_t *pass = NULL;
        GOD_TRY(god_json_get_array("in", in, pass_keys[p], &pass, err));
        for (size_t i = 0; i < json_array_size(pass); i++) {
            const json_t *row = json_array_get(pass, i);
            const char *hotkey = NULL, *coldkey = NULL;
            GOD_TRY(gdi_read_row(pass_keys[p], row, 2, err));
            GOD_TRY(gdi_read_text(pass_keys[p], json_array_get(row, 0), &hotkey, err));
            GOD_TRY(gdi_read_text(pass_keys[p], json_array_get(row, 1), &coldkey, err));
            GOD_TRY(gdi_names_add(vector, &hotkeys, hotkey, err));
            GOD_TRY(gdi_names_add(vector, &coldkeys, coldkey, err));
        }
    }
    gdi_roster_init(coldkeys.texts, coldkeys.count, NULL, &books->coldkeys);
    gdi_roster_init(hotkeys.texts, hotkeys.count, NULL, &books->hotkeys);
    return GOD_OK;
}

/* Adds {coldkey: rao} to the balances; a coldkey that sent something is known from then on. */
static god_status credit(ledger *books, const json_t *in, const char *key, god_error *err)
{
    const int64_t rao_max = INT64_C(1) << 60;
    const char *coldkey = NULL;
    json_t *value = NULL;
    json_t *amounts = NULL;
    GOD_TRY(god_json_get_object("in", in, key, &amounts, err));
    json_object_foreach(amounts, coldkey, value)
    {
        int64_t amount = json_integer_value(value);
        if (!json_is_integer(value) || amount < 0 || amount > rao_max) {
            return god_fail(err, GOD_E_DATA, "in: \"%s\": a whole number of RAO from 0 to 2^60 is needed for \"%.60s\"",
                            key, coldkey);
        }
        uint32_t place = gdi_roster_find(&books->coldkeys, coldkey);
        books->balances_rao[place] += amount;
        books->known[place] = true;
    }
    return GOD_OK;
}

static void add_event(ledger *books, uint32_t coldkey, int64_t amount_rao)
{
    if (books->event_count < books->event_cap) {
        books->events[books->event_count++] = (ledger_event){.coldkey = coldkey, .amount_rao = amount_rao};
    }
}

static const char *charge(ledger *books, const json_t *row)
{
    uint32_t hotkey = gdi_roster_find(&books->hotkeys, json_string_value(json_array_get(row, 0)));
    uint32_t coldkey = gdi_roster_find(&books->coldkeys, json_string_value(json_array_get(row, 1)));
    int64_t *balance = &books->balances_rao[coldkey];
    switch (gdi_fee_charge(books->fee_rao, books->charged[hotkey], *balance, balance)) {
    case GDI_FEE_ALREADY_CHARGED: return "already_charged";
    case GDI_FEE_INSUFFICIENT_BALANCE: return "insufficient_balance";
    default: break;
    }
    books->charged[hotkey] = true;
    add_event(books, coldkey, -books->fee_rao);
    return "charged";
}

static json_t *play_pass(gdi_vector *vector, ledger *books, const json_t *pass)
{
    json_t *words = json_array();
    for (size_t i = 0; i < json_array_size(pass); i++) {
        gdi_put(vector, words, json_string(charge(books, json_array_get(pass, i))));
    }
    return words;
}

/* Refunds every coldkey once, ascending. Returns how many were credited. */
static uint32_t refund(ledger *books, int64_t *sums_rao)
{
    for (uint32_t c = 0; c < books->coldkeys.count; c++) {
        sums_rao[c] = 0;
    }
    for (uint32_t i = 0; i < books->event_count; i++) {
        sums_rao[books->events[i].coldkey] += books->events[i].amount_rao;
    }
    uint32_t processed = 0;
    for (uint32_t c = 0; c < books->coldkeys.count; c++) {
        int64_t amount = gdi_fee_refund(sums_rao[c]);
        if (amount > 0) {
            books->balances_rao[c] += amount;
            add_event(books, c, amount);
            processed++;
        }
    }
    return processed;
}

static json_t *balances_of(gdi_vector *vector, const ledger *books)
{
    json_t *balances = json_object();
    for (uint32_t c = 0; c < books->coldkeys.count; c++) {
        if (books->known[c]) {
            gdi_set(vector, balances, books->coldkeys.hotkeys[c], json_integer(books->balances_rao[c]));
        }
    }
    return balances;
}

static json_t *events_of(gdi_vector *vector, const ledger *books)
{
    json_t *events = json_array();
    for (uint32_t i = 0; i < books->event_count; i++) {
        const ledger_event *event = &books->events[i];
        json_t *row = json_array();
        gdi_put(vector, row, json_string(books->coldkeys.hotkeys[event->coldkey]));
        gdi_put(vector, row, json_string(event->amount_rao < 0 ? "participation_fee" : "refund"));
        gdi_put(vector, row, json_integer(event->amount_rao));
        gdi_put(vector, events, row);
    }
    return events;
}

static god_status open_books(gdi_vector *vector, const json_t *in, ledger *books, god_error *err)
{
    uint32_t type = 0;
    void *balances = NULL, *known = NULL, *charged = NULL, *events = NULL;
    GOD_TRY(gdi_read_type(in, &type, err));
    books->fee_rao = gdi_rules_of(vector->rules, type)->fee_rao;
    GOD_TRY(read_keys(vector, in, books, err));
    books->event_cap = books->hotkeys.count + books->coldkeys.count; /* a fee per hotkey, a refund per coldkey */
    GOD_TRY(gdi_vector_alloc(vector, books->coldkeys.count, sizeof(int64_t), &balances, err));
    GOD_TRY(gdi_vector_alloc(vector, books->coldkeys.count, sizeof(bool), &known, err));
    GOD_TRY(gdi_vector_alloc(vector, books->hotkeys.count, sizeof(bool), &charged, err));
    GOD_TRY(gdi_vector_alloc(vector, books->event_cap, sizeof(ledger_event), &events, err));
    books->balances_rao = balances;
    books->known = known;
    books->charged = charged;
    books->events = events;
    return credit(books, in, "balances_rao", err);
}

static god_status fee_ledger(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    ledger books = {0};
    int64_t refund_calls = 0;
    void *sums = NULL;
    GOD_TRY(god_json_get_int("in", in, "refund_calls", 0, refund_calls_max, &refund_calls, err));
    GOD_TRY(open_books(vector, in, &books, err));
    GOD_TRY(gdi_vector_alloc(vector, books.coldkeys.count, sizeof(int64_t), &sums, err));
    json_t *out = json_object(), *processed = json_array();
    gdi_set(vector, out, "refunds_processed", processed);
    gdi_set(vector, out, "pass_1", play_pass(vector, &books, json_object_get(in, pass_keys[0])));
    god_status status = credit(&books, in, "then_transfer_in", err);
    if (status != GOD_OK) {
        json_decref(out);
        return status;
    }
    gdi_set(vector, out, "pass_2", play_pass(vector, &books, json_object_get(in, pass_keys[1])));
    gdi_set(vector, out, "balances_before_refund", balances_of(vector, &books));
    for (int64_t i = 0; i < refund_calls; i++) {
        gdi_put(vector, processed, json_integer(refund(&books, sums)));
    }
    gdi_set(vector, out, "balances_after", balances_of(vector, &books));
    gdi_set(vector, out, "events", events_of(vector, &books));
    *ret_out = out;
    return GOD_OK;
}

const gdi_vector_kind gdi_rules_fee_kinds[] = {
    {.name = "fee_ledger", .answer = fee_ledger},
    {.name = NULL},
};
