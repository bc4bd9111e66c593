/* templates.h: which Jinja source renders the conversations of a task? [any] spec/evaluation.md 4.2.
 *
 *   NAME                               the library template of that name, a file in templates/
 *   tokenizer_default                  the base tokenizer's own template
 *   tokenizer_default_fallback_NAME    its own when it has one, else library template NAME
 *
 * A library template prints nothing where the tokenizer has no BOS or EOS. Sources live as long as the plug-in.
 */
#ifndef CHAT_TEMPLATES_H
#define CHAT_TEMPLATES_H

#include "god/error.h"

/* GOD_E_INVALID for a choice that no tokenizer could satisfy; the sentence lists the known names. */
god_status chat_template_check(const char *choice, god_error *err);

/* own: the tokenizer's template, or NULL. *ret_source is own or a library template. GOD_E_DATA when the choice needs
 * the tokenizer's own and there is none. */
god_status chat_template_choose(const char *choice, const char *own, const char **ret_source, god_error *err);

/* The library source that a choice may come to, "" for tokenizer_default: what a cache key needs beside the digest of
 * the tokenizer's files. */
const char *chat_template_library_source(const char *choice);

#endif
