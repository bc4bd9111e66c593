/* core/entry/repository_answer.h: what a miner answers when it is asked for its training repository (training
 * specification, sections 2.6 and 23; identity specification, section 2).
 *
 *   {"github_repo": text, "commit_hash": text, "github_token": text or null, "requested_datasets": [text] or null}
 *
 * Only the form is looked at here: an answer that has it may still be refused by the checks of the repository, such as
 * a commit that is no full hash. The token is a secret: it is in no message, and wiped by the end. An answer owns its
 * JSON; its strings live as long. [one] to read, [any] to look at.
 */
#ifndef GDI_ENTRY_REPOSITORY_ANSWER_H
#define GDI_ENTRY_REPOSITORY_ANSWER_H

#include <jansson.h>

#include "god/error.h"

enum {
    GDI_ANSWER_BYTES_MAX = 64 * 1024,
    GDI_ANSWER_TEXT_BYTES_MAX = 2048, /* of address, commit, token and each name */
    GDI_ANSWER_DATASETS_MAX = 256
};

typedef struct gdi_repository_answer {
    json_t *root; /* own */
    const char *github_repo, *commit_hash;
    const char *github_token;         /* NULL: none; an empty one counts as none */
    const json_t *requested_datasets; /* array of strings; NULL: none */
} gdi_repository_answer;

/* GOD_E_DATA for anything that makes the miner "not entering". `where` opens every message. */
god_status gdi_repository_answer_parse(const char *where, const char *text, size_t bytes,
                                       gdi_repository_answer *ret_answer, god_error *err);
void gdi_repository_answer_clear(gdi_repository_answer *answer); /* accepts a zeroed one */

#endif
