/* core/git/push.h: publishes the tree of a commit: as a commit of our own without parents, on branch main of another
 * repository, whatever was there before (tournament specification, section 18, step 4). History, names and words of the
 * commit stay behind; the same tree and time give the same commit again. In god-git only. [one]
 */
#ifndef GDI_GIT_PUSH_H
#define GDI_GIT_PUSH_H

#include <git2.h>

#include "core/git/address.h"

typedef struct gdi_push_options {
    const gdi_address *address;
    const char *token; /* NULL: none */
    const char *message;
} gdi_push_options;

/* `commit` is in the repository. GOD_E_DATA when the server or the token is refused, GOD_E_IO when it cannot be reached
 * (worth another try). */
god_status gdi_push_commit(git_repository *repository, const gdi_push_options *options, const char *commit,
                           char ret_commit[GDI_COMMIT_HEX + 1], god_error *err);

#endif
