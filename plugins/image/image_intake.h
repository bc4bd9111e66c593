/* image_intake.h: "god.intake/1" of image tasks: pictures and the texts of the same stem beside them. [one]
 * spec/training.md 20.1. */
#ifndef GIM_IMAGE_INTAKE_H
#define GIM_IMAGE_INTAKE_H

#include "god/intake.h"

void gim_intake_plan(god_intake_plan *ret_plan);

/* Pairs in the order of the pictures. GOD_E_DATA names a picture without a text; texts without a picture are passed
 * over. */
god_status gim_intake_read(const char *const *paths, uint32_t path_count, const god_intake_sink *sink, god_error *err);

#endif
