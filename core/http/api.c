#include "core/http/api.h"

#include <time.h>

#include "core/http/api_work.h"

const gdi_route *const gdi_api_public_tables[] = {
    gdi_api_health_routes,
    gdi_api_tournament_routes,
    gdi_api_performance_routes,
    gdi_api_balance_routes,
    gdi_api_trainer_routes,
    gdi_api_auditing_routes,
    NULL,
};
const gdi_route *const gdi_api_admin_tables[] = {gdi_api_health_routes, gdi_api_admin_routes, gdi_api_work_routes,
                                                 gdi_api_operator_routes, NULL};

god_status gdi_api_check_key(void *api, const char *authorization, god_error *err)
{
    return gdi_key_check(&((const gdi_api *)api)->key, authorization, err);
}

typedef struct showing {
    gdi_handler *show;
    void *api;
    const gdi_request *request;
    gdi_answer *answer;
} showing;

static god_status show_in(gdi_db *db, void *user, god_error *err)
{
    const showing *s = user;
    (void)db;                    /* the one of the api */
    gdi_answer_clear(s->answer); /* of an earlier try */
    return s->show(s->api, s->request, s->answer, err);
}

god_status gdi_api_on_one_state(gdi_handler *show, void *api, const gdi_request *request, gdi_answer *answer,
                                god_error *err)
{
    showing s = {.show = show, .api = api, .request = request, .answer = answer};
    return gdi_db_snapshot(((const gdi_api *)api)->db, show_in, &s, err);
}

int64_t gdi_api_now(const gdi_api *api)
{
    if (api->now_us != NULL) {
        return api->now_us(api->user);
    }
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

god_status gdi_api_emissions(const gdi_api *api, gdi_emissions *ret_emissions, god_error *err)
{
    const gdi_emissions_input input = {.db = api->db,
                                       .rules = api->rules,
                                       .burn_hotkey = api->burn_hotkey,
                                       .netuid = api->netuid,
                                       .now_us = gdi_api_now(api)};
    return gdi_emissions_read(&input, ret_emissions, err);
}
