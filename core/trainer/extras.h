/* core/trainer/extras.h: files of other repositories that a training image looks up in the hub's cache folder,
 * /cache/hf_cache (training specification 10.3). Internal to core/trainer. [one]
 *
 *   VIEW/hf_cache/models--<org>--<name>/refs/main                  the commit
 *   VIEW/hf_cache/models--<org>--<name>/snapshots/<commit>/<file>  as the hub's own programs keep them
 *   VIEW/hf_cache/<file>.safetensors                               weights also by their plain name
 */
#ifndef GDI_TRAINER_EXTRAS_H
#define GDI_TRAINER_EXTRAS_H

#include "core/trainer/fetching.h"

/* extra: "repository file", or "repository" for its tokenizer files (see gdi_plan). */
god_status gdi_extra_put(gdi_fetching *fetching, const char *extra, god_error *err);
/* Is this file of a repository, named in full, one that a tokenizer is made of? */
uint32_t gdi_extra_is_tokenizer(const char *path);

#endif
