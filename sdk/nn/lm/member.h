/* lm/member.h: members of config.json that families spell differently. [any]
 *
 * `keys` is one name or several, separated by "|"; the first that is there and not null counts. Messages start with
 * "config.json" and name the key that was found, or the first one when none was. */
#ifndef GNN_LM_MEMBER_H
#define GNN_LM_MEMBER_H

#include "god/helpers/json.h"

#define GNN_CONFIG_NAME "config.json"

god_status gnn_member_get_int(const json_t *root, const char *keys, int64_t lowest, int64_t highest, int64_t *ret,
                              god_error *err);
god_status gnn_member_opt_int(const json_t *root, const char *keys, int64_t lowest, int64_t highest, int64_t *ret,
                              god_error *err);
/* A cap of logits: null is none (0), absent is the default. */
god_status gnn_member_softcap(const json_t *root, const char *key, double absent, float *ret, god_error *err);

#endif
