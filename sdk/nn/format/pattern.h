/* format/pattern.h: does a module name match one of PEFT's patterns? [any]
 *
 * PEFT matches with Python's `re`; patterns that people use (dots, groups, alternatives, character classes) mean the
 * same in PCRE2, which is used here. GOD_E_DATA when a pattern does not compile or takes too long. */
#ifndef GNN_FORMAT_PATTERN_H
#define GNN_FORMAT_PATTERN_H

#include "god/error.h"

/* 1 when the whole of `name` matches the pattern. */
god_status gnn_pattern_full(const char *pattern, const char *name, uint32_t *ret_matches, god_error *err);
/* 1 when `name` ends with a match of the pattern that starts at its beginning or after a dot: `(.*\.)?(pattern)$`. */
god_status gnn_pattern_tail(const char *pattern, const char *name, uint32_t *ret_matches, god_error *err);

#endif
