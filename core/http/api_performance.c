/* /v1/performance: what standings are worth. Sources: tournament specification, sections 20.5, 22 and 25.2. */
#include "core/http/api.h"
#include "core/http/view.h"
#include "core/tournament/projection.h"

enum { top_miners_max = 5 };

static int set_by_type(json_t *object, uint32_t type, const char *suffix, json_t *value_take)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s_%s", gdi_type_name(type), suffix);
    return json_object_set_new(object, name, value_take);
}

json_t *gdi_api_burn(const gdi_emissions *emissions, uint32_t with_undistributed)
{
    json_t *burn = json_object();
    int failed = burn == NULL;
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT && !failed; type++) {
        const gdi_type_emission *of = gdi_emission_of(emissions, type);
        failed |= set_by_type(burn, type, "performance_diff",
                              of->tournament_id == NULL ? json_null() : gdi_view_number(of->performance_difference));
        failed |= set_by_type(burn, type, "burn_proportion", gdi_view_number(of->burn_proportion));
        failed |= set_by_type(burn, type, "tournament_weight", gdi_view_number(of->allocation.allocation));
    }
    const gdi_weights_summary *sum = &emissions->summary;
    double weight = emissions->burn_weight;
    if (with_undistributed) {
        weight = weight * sum->scale + sum->undistributed;
    }
    failed |= failed ? 1 : json_object_set_new(burn, "burn_weight", gdi_view_number(weight));
    if (failed) {
        json_decref(burn);
        return NULL;
    }
    return burn;
}

/* ---- the best of each type ---- */

static json_t *top_miners(const gdi_api *api, const gdi_emissions *emissions, uint32_t type)
{
    const gdi_type_emission *of = gdi_emission_of(emissions, type);
    json_t *list = json_array();
    for (uint32_t i = 0; i < of->share_count && i < top_miners_max; i++) {
        const gdi_share *share = &of->shares[i];
        uint32_t is_champion = share->points_nano == INT64_MAX;
        double pot = is_champion ? of->allocation.allocation : gdi_rules_of(api->rules, type)->base_weight;
        (void)json_array_append_new(list,
                                    json_pack("{s:s, s:o, s:o}", "hotkey", emissions->roster.hotkeys[share->entrant],
                                              "rank", gdi_view_number(share->rank), "weight",
                                              gdi_view_number(share->share * pot * emissions->summary.scale)));
    }
    return list;
}

static god_status show_weights(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    const gdi_api *api = context;
    gdi_emissions emissions;
    GOD_TRY(gdi_api_emissions(api, &emissions, err));
    answer->json = json_pack("{s:o}", "burn_data", gdi_api_burn(&emissions, 1));
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        (void)set_by_type(answer->json, type, "top_miners", top_miners(api, &emissions, type));
    }
    gdi_emissions_fini(&emissions);
    return gdi_view_made(answer->json, err);
}
GDI_API_ON_ONE_STATE(handle_weights, show_weights)

/* ---- projection ---- */

static json_t *project(const gdi_api *api, const gdi_emissions *emissions, uint32_t type, double percentage)
{
    const gdi_type_emission *of = gdi_emission_of(emissions, type);
    const gdi_projection_input input = {.tournament_type = type,
                                        .percentage_improvement = percentage,
                                        .champion_consecutive_wins = of->consecutive_wins,
                                        .participant_rows = of->participant_rows,
                                        .active_count = emissions->active_count};
    gdi_projection projection = gdi_project(api->rules, &input);
    json_t *spans = json_array();
    for (int i = 0; i < GDI_PROJECTION_COUNT; i++) {
        const gdi_projected *span = &projection.projections[i];
        (void)json_array_append_new(spans, json_pack("{s:i, s:o, s:o}", "days", (int)span->days, "weight",
                                                     gdi_view_number(span->weight), "total_alpha",
                                                     gdi_view_number(span->total_alpha)));
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:s, s:o, s:o}", "tournament_type", gdi_type_name(type),
                     "current_champion_decay", gdi_view_number(of->allocation.new_decay), "initial_weight",
                     gdi_view_number(projection.initial_weight), "projections", spans, "placement",
                     projection.placement == GDI_PLACED_CHAMPION ? "champion" : "runner_up", "dethrone_threshold",
                     gdi_view_number(projection.dethrone_threshold), "emission_boost",
                     gdi_view_number(projection.emission_boost));
}

static god_status show_projection(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    static const double percentage_max = 1000;
    gdi_emissions emissions;
    double percentage = 0;
    GOD_TRY(gdi_request_num(request, "percentage_improvement", 0, percentage_max, &percentage, err));
    GOD_TRY(gdi_api_emissions(context, &emissions, err));
    answer->json = json_object();
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        (void)json_object_set_new(answer->json, gdi_type_name(type), project(context, &emissions, type, percentage));
    }
    gdi_emissions_fini(&emissions);
    return gdi_view_made(answer->json, err);
}
GDI_API_ON_ONE_STATE(handle_projection, show_projection)

static json_t *tabulate(const gdi_api *api, const gdi_emissions *emissions, uint32_t type)
{
    static const int percentages[] = {5, 10, 15, 20};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof percentages / sizeof *percentages; i++) {
        json_t *row = project(api, emissions, type, percentages[i]);
        (void)json_object_set_new(row, "percentage_improvement", json_integer(percentages[i]));
        (void)json_array_append_new(list, row);
    }
    return list;
}

static god_status handle_static(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    gdi_emissions emissions;
    GOD_TRY(gdi_api_emissions(context, &emissions, err));
    answer->json = json_object();
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        (void)json_object_set_new(answer->json, gdi_type_name(type), tabulate(context, &emissions, type));
    }
    gdi_emissions_fini(&emissions);
    return gdi_view_made(answer->json, err);
}

/* ---- the last boss round ---- */

static god_status last_boss_round(const gdi_api *api, const char *type, json_t **ret_list, god_error *err)
{
    gdi_rows *rows = NULL;
    json_t *details = NULL;
    GOD_TRY(GDI_QUERY(api->db, &rows, err,
                      "SELECT t.tournament_id FROM tournaments t JOIN tournament_rounds r ON r.tournament_id = "
                      "t.tournament_id WHERE t.tournament_type = $1 AND t.status <> 'cancelled' AND r.is_final_round "
                      "AND r.status = 'completed' ORDER BY t.created_at DESC, t.tournament_id DESC LIMIT 1",
                      gdi_text(type)));
    god_status status = gdi_rows_next(rows) ? gdi_api_details(api, gdi_rows_text(rows, 0), &details, err) : GOD_OK;
    gdi_rows_free(rows);
    *ret_list = status == GOD_OK && details != NULL ? json_incref(json_object_get(details, "boss_round_performance"))
                                                    : json_null();
    json_decref(details);
    return status;
}

static god_status show_boss(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    answer->json = json_object();
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        json_t *list = NULL;
        god_status status = last_boss_round(context, gdi_type_name(type), &list, err);
        (void)json_object_set_new(answer->json, gdi_type_name(type), list);
        GOD_TRY(status);
    }
    return GOD_OK;
}
GDI_API_ON_ONE_STATE(handle_boss, show_boss)

const gdi_route gdi_api_performance_routes[] = {
    {"GET", "/v1/performance/latest-tournament-weights", GDI_ACCESS_PUBLIC, handle_weights},
    {"GET", "/v1/performance/weight-projection", GDI_ACCESS_PUBLIC, handle_projection},
    {"GET", "/v1/performance/weight-projection-static", GDI_ACCESS_PUBLIC, handle_static},
    {"GET", "/v1/performance/last-boss-battle", GDI_ACCESS_PUBLIC, handle_boss},
    {.method = NULL},
};
