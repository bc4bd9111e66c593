/* need.h: one line of "god.dataset/1" needs, for every task type. [any] */
#ifndef GTX_NEED_H
#define GTX_NEED_H

#include "god/dataset.h"

/* Tells the host that the input `key` is at `name`: a bare name is a repository of the hub, an absolute path a local
 * file, anything with "://" is taken as it is. NULL or "": the task does not say, the need has no address. */
god_status gtx_need_report(const char *key, const char *name, void *user,
                           god_status (*need)(void *user, const god_need *item), god_error *err);

#endif
