#include "core/http/api.h"

#include <time.h>

const gdi_route *const gdi_api_public_tables[] = {
    gdi_api_health_routes,
    gdi_api_tournament_routes,
    gdi_api_performance_routes,
    gdi_api_balance_routes,
    gdi_api_trainer_routes,
    gdi_api_auditing_routes,
    NULL,
};
const gdi_route *const gdi_api_admin_tables[] = {gdi_api_health_routes, gdi_api_admin_routes, gdi_api_operator_routes,
                                                 NULL};

god_status gdi_api_check_key(void *api, const char *authorization, god_error *err)
{
    return gdi_key_check(&((const gdi_api *)api)->key, authorization, err);
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
