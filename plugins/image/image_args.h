/* image_args.h: the training command of an image task: argv of spec/training.md 13.2, environment of 13.4, mounts of
 * 13.5. [any] */
#ifndef GIM_IMAGE_ARGS_H
#define GIM_IMAGE_ARGS_H

#include "god/task.h"
#include "image_spec.h"

/* model_hash_salt goes in front of the model id when the task has baseline statistics; "" is allowed. GOD_E_INVALID
 * names the first member that is missing; the sink's own failures are returned unchanged. */
god_status gim_image_args(const gim_spec *spec, const char *model_hash_salt, const god_args *sink, god_error *err);

#endif
