/* image_training.h: "god.training/1" of image tasks. [any] */
#ifndef GIM_IMAGE_TRAINING_H
#define GIM_IMAGE_TRAINING_H

#include "god/training.h"
#include "image_spec.h"

god_status gim_training_claim(const char *training_data_json, void *user,
                              god_status (*claimed)(void *user, const god_claim *claim), god_error *err);
god_status gim_training_plan(const gim_spec *spec, const god_training_sink *sink, god_training_plan *ret_plan,
                             god_error *err);

#endif
