/* What follows a decision: publishing, reports, notices. */
#include "core/simulation/world.h"

json_t *gdi_world_publish_repository(const gdi_world *world, const gdi_question *question)
{
    char url[256];
    (void)world;
    (void)snprintf(url, sizeof url, "https://github.com/gradients-opensource/%.150s",
                   gdi_world_text(question->payload, "name"));
    return json_pack("{s:s}", "repository_url", url);
}

json_t *gdi_world_compare_sources(const gdi_world *world, const gdi_question *question)
{
    (void)world;
    (void)question;
    return json_pack("{s:s}", "diff_report", "3 files changed");
}

json_t *gdi_world_read_model_base(const gdi_world *world, const gdi_question *question)
{
    (void)world;
    (void)question;
    return json_pack("{s:s}", "model_base", "Qwen/Qwen2.5-7B-Instruct");
}

json_t *gdi_world_notify(const gdi_world *world, const gdi_question *question)
{
    (void)world;
    (void)question;
    return json_pack("{}");
}
