/* core/git/fetch.h: brings one commit into a bare repository of our own, or asks a remote for the head of a branch.
 *
 * First the commit itself is asked for, alone and, where libgit2 can (1.7 and later), without its history; servers that
 * answer by names only are then asked for all branches and tags. The user's and the system's git configuration are not
 * read. The token is handed over only to the host of the address, and only when the server asks for it. In god-git
 * only. [one]
 */
#ifndef GDI_GIT_FETCH_H
#define GDI_GIT_FETCH_H

#include <git2.h>

#include "core/git/address.h"

typedef struct gdi_fetch_options {
    const gdi_address *address;
    const char *token; /* NULL: none */
    uint64_t received_bytes_max;
    uint32_t objects_max;
    void (*progress)(void *user, uint64_t received_objects, uint64_t total_objects, uint64_t received_bytes);
    void *user;
} gdi_fetch_options;

/* Starts libgit2 for this process, cut off from the configuration of the machine. */
god_status gdi_fetch_init(god_error *err);

/* Fills `repository` and looks the commit up. GOD_E_NOT_FOUND: `Invalid commit hash '...' - commit not found in
 * repository`, the words of the published trainer. GOD_E_IO: the server could not be reached or refused. */
god_status gdi_fetch_commit(git_repository *repository, const gdi_fetch_options *options, const char *commit,
                            god_error *err);

/* The commit that a branch ("" : the default one) points to now. */
god_status gdi_fetch_head(const gdi_fetch_options *options, const char *branch, char ret_commit[GDI_COMMIT_HEX + 1],
                          god_error *err);

#endif
