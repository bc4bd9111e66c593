/* Balances, fees and refunds. Source: tournament specification, sections 23 and 25.3. */
#include "core/http/api.h"
#include "core/http/view.h"
#include "core/store/balances.h"
#include "core/store/tournaments.h"
#include "core/tournament/fees.h"

enum { events_max = 1000, events_default = 100 };

static god_status handle_balance(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    static const gdi_view_column columns[] = {{"coldkey", GDI_VIEW_TEXT},          {"balance_rao", GDI_VIEW_INT},
                                              {"total_sent_rao", GDI_VIEW_INT},    {"transfer_count", GDI_VIEW_INT},
                                              {"last_transfer_at", GDI_VIEW_TIME}, {"created_at", GDI_VIEW_TIME},
                                              {"updated_at", GDI_VIEW_TIME},       {NULL, 0}};
    const gdi_api *api = context;
    return gdi_view_one(api->db, columns,
                        "SELECT coldkey, balance_rao, total_sent_rao, transfer_count, last_transfer_at, created_at, "
                        "updated_at FROM coldkey_balances WHERE coldkey = $1",
                        "balance of", request->parameters[0], &answer->json, err);
}

static god_status handle_fees(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    const gdi_api *api = context;
    answer->json =
        json_pack("{s:I, s:I, s:I}", "text_tournament_fee_rao", (json_int_t)gdi_rules_of(api->rules, GDI_TEXT)->fee_rao,
                  "image_tournament_fee_rao", (json_int_t)gdi_rules_of(api->rules, GDI_IMAGE)->fee_rao,
                  "environment_tournament_fee_rao", (json_int_t)gdi_rules_of(api->rules, GDI_ENVIRONMENT)->fee_rao);
    return gdi_view_made(answer->json, err);
}

static const gdi_view_column event_columns[] = {{"id", GDI_VIEW_INT},           {"tournament_id", GDI_VIEW_TEXT},
                                                {"coldkey", GDI_VIEW_TEXT},     {"hotkey", GDI_VIEW_TEXT},
                                                {"event_type", GDI_VIEW_TEXT},  {"amount_rao", GDI_VIEW_INT},
                                                {"description", GDI_VIEW_TEXT}, {"created_at", GDI_VIEW_TIME},
                                                {"updated_at", GDI_VIEW_TIME},  {NULL, 0}};

#define EVENTS_OF(column)                                                                                     \
    "SELECT id, tournament_id, coldkey, hotkey, event_type, amount_rao, description, created_at, updated_at " \
    "FROM balance_events WHERE " column " = $1 ORDER BY id DESC LIMIT $2 OFFSET $3"

static god_status list_events(const gdi_api *api, const char *sql, const gdi_request *request, gdi_answer *answer,
                              god_error *err)
{
    int64_t limit = events_default, offset = 0;
    GOD_TRY(gdi_request_int(request, "limit", 1, events_max, &limit, err));
    GOD_TRY(gdi_request_int(request, "offset", 0, INT32_MAX, &offset, err));
    return GDI_VIEW_LIST(api->db, event_columns, &answer->json, err, sql, gdi_text(request->parameters[0]),
                         gdi_int(limit), gdi_int(offset));
}

static god_status handle_events_of_coldkey(void *context, const gdi_request *request, gdi_answer *answer,
                                           god_error *err)
{
    return list_events(context, EVENTS_OF("coldkey"), request, answer, err);
}

static god_status handle_events_of_tournament(void *context, const gdi_request *request, gdi_answer *answer,
                                              god_error *err)
{
    return list_events(context, EVENTS_OF("tournament_id"), request, answer, err);
}

/* ---- refund ---- */

typedef struct refunding {
    const gdi_api *api;
    const char *tournament_id;
    uint32_t refunded;
} refunding;

static god_status refund_all(gdi_db *db, void *user, god_error *err)
{
    refunding *r = user;
    gdi_rows *rows = NULL;
    god_status status = GOD_OK;
    r->refunded = 0;
    GOD_TRY(gdi_fees_outstanding(db, r->tournament_id, &rows, err));
    while (status == GOD_OK && gdi_rows_next(rows)) {
        int64_t amount_rao = gdi_fee_refund(gdi_rows_int(rows, 1));
        if (amount_rao > 0) {
            status =
                gdi_fee_refund_in(db, r->tournament_id, gdi_rows_text(rows, 0), amount_rao, gdi_api_now(r->api), err);
            r->refunded++;
        }
    }
    gdi_rows_free(rows);
    return status;
}

god_status gdi_api_refund(const gdi_api *api, const char *tournament_id, json_t **ret_answer, god_error *err)
{
    gdi_tournament tournament;
    char message[80];
    refunding r = {.api = api, .tournament_id = tournament_id};
    GOD_TRY(gdi_tournament_read(api->db, tournament_id, &tournament, err));
    GOD_TRY(gdi_db_transact(api->db, refund_all, &r, err));
    (void)snprintf(message, sizeof message, r.refunded == 0 ? "nothing was left to refund" : "refunded %u coldkeys",
                   r.refunded);
    *ret_answer = json_pack("{s:s, s:i, s:s}", "tournament_id", tournament_id, "refunds_processed", (int)r.refunded,
                            "message", message);
    return gdi_view_made(*ret_answer, err);
}

static god_status handle_refund(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    return gdi_api_refund(context, request->parameters[0], &answer->json, err);
}

const gdi_route gdi_api_balance_routes[] = {
    {"GET", "/transfer/balance/{coldkey}", GDI_ACCESS_PUBLIC, handle_balance},
    {"GET", "/tournament/balance/{coldkey}", GDI_ACCESS_PUBLIC, handle_balance},
    {"GET", "/tournament/fees", GDI_ACCESS_PUBLIC, handle_fees},
    {"GET", "/balance/events/coldkey/{coldkey}", GDI_ACCESS_PUBLIC, handle_events_of_coldkey},
    {"GET", "/balance/events/tournament/{tournament_id}", GDI_ACCESS_PUBLIC, handle_events_of_tournament},
    {"POST", "/tournament/{tournament_id}/refund", GDI_ACCESS_KEY, handle_refund},
    {.method = NULL},
};
