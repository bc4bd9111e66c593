/* core/cycles/entry_steps.c: the steps of this half, in the order in which a turn walks them. */
#include "core/cycles/entry.h"

const gdi_step_kind gdi_entry_steps[] = {
    {.name = "nodes", .scope = GDI_SCOPE_GLOBAL, .reasons = GDI_ON(GDI_ON_REFRESH_NODES), .run = gdi_step_nodes},
    {.name = "transfers",
     .scope = GDI_SCOPE_GLOBAL,
     .reasons = GDI_ON(GDI_ON_READ_TRANSFERS),
     .run = gdi_step_transfers},
    {.name = "schedule", .scope = GDI_SCOPE_GLOBAL, .reasons = GDI_ON(GDI_ON_COMPLETED), .run = gdi_step_schedule},
    {.name = "boss repository",
     .scope = GDI_SCOPE_PENDING,
     .reasons = GDI_ON(GDI_ON_FIND_HEAD),
     .run = gdi_step_boss_repository},
    {.name = "registration",
     .scope = GDI_SCOPE_PENDING,
     .reasons = GDI_ON(GDI_ON_CREATED) | GDI_ON(GDI_ON_ASK_MINERS) | GDI_ON(GDI_ON_CHECK_REPOSITORY),
     .run = gdi_step_registration},
    {.name = "duplicates",
     .scope = GDI_SCOPE_ACTIVE,
     .reasons = GDI_ON(GDI_ON_ROUND_COMPLETED) | GDI_ON(GDI_ON_REVIEW_DUPLICATES),
     .run = gdi_step_gate_second},
    {.name = "evidence",
     .scope = GDI_SCOPE_ACTIVE,
     .reasons = GDI_ON(GDI_ON_PUBLISH_REPOSITORY),
     .run = gdi_step_evidence},
    {.name = NULL},
};

const gdi_step_kind gdi_ending_steps[] = {
    {.name = "ending",
     .scope = GDI_SCOPE_ACTIVE,
     .reasons = GDI_ON(GDI_ON_DECIDED) | GDI_ON(GDI_ON_PUBLISH_REPOSITORY) | GDI_ON(GDI_ON_COMPARE_SOURCES) |
                GDI_ON(GDI_ON_READ_MODEL_BASE),
     .run = gdi_step_ending},
    {.name = "weights",
     .scope = GDI_SCOPE_GLOBAL,
     .reasons = GDI_ON(GDI_ON_SET_WEIGHTS),
     .at_rest = true,
     .run = gdi_step_weights},
    {.name = NULL},
};
