/* core/git/repository.h: the files of one commit of a stranger's repository, as a folder.
 *
 *     dest.part/        grows while god-git works: objects/ (bare), tree/
 *     dest/             appears by rename, whole: the files, no .git folder, no token, no link that leaves it
 *
 * The work is done by god-git, a process of its own with limits and a deadline (git_main.c). A token reaches it on a
 * descriptor and is nowhere else: not in an argument, variable, file, address, log line or message.
 *
 * One call at a time per thread. [any]
 */
#ifndef GDI_GIT_REPOSITORY_H
#define GDI_GIT_REPOSITORY_H

#include "core/base/layout.h"
#include "core/git/address.h"

typedef struct gdi_repository_request {
    const char *url;
    const char *commit;   /* 40 hexadecimal digits */
    const char *token;    /* NULL: public */
    const char *dest_dir; /* must not exist; its parent must */
    uint32_t allow_local; /* file: and http: to loopback, see core/git/address.h */
    /* Limits; 0 means the value in brackets. */
    uint64_t time_limit_ms;             /* of everything [10 minutes] */
    uint64_t received_bytes_max;        /* over the network [2 GiB] */
    uint32_t objects_max;               /* [1,000,000] */
    uint64_t files_max;                 /* [50,000] */
    uint64_t tree_bytes_max;            /* of all files [4 GiB] */
    uint64_t file_bytes_max;            /* of one [1 GiB] */
    uint32_t (*stop_asked)(void *user); /* several times a second; may be NULL */
    void (*progress)(void *user, uint64_t received_objects, uint64_t total_objects, uint64_t received_bytes);
    void *user; /* first argument of both */
} gdi_repository_request;

typedef struct gdi_repository {
    char commit[GDI_COMMIT_HEX + 1]; /* lower case */
    uint64_t files, bytes;
} gdi_repository;

/* GOD_E_INVALID for a bad address or commit, GOD_E_NOT_FOUND when the commit is not there, GOD_E_DATA when something in
 * it is refused or too large, GOD_E_TIMEOUT, GOD_E_CANCELLED, GOD_E_IO when the server failed (worth another try).
 * Whatever fails, nothing is left behind. */
god_status gdi_repository_fetch(const gdi_layout *layout, const gdi_repository_request *request,
                                gdi_repository *ret_repository, god_error *err);

/* Where the tree of a commit is published: as one commit without parents on branch main, in place of what is there. */
typedef struct gdi_repository_target {
    const char *url;
    const char *token; /* NULL: none */
    const char *message;
} gdi_repository_target;

/* Fetches the commit of the request and pushes its tree; dest_dir is a folder for this call alone, gone afterwards.
 * *ret_commit is the commit that the target has now. Errors as above; GOD_E_DATA also when the target refuses. */
god_status gdi_repository_publish(const gdi_layout *layout, const gdi_repository_request *request,
                                  const gdi_repository_target *target, char ret_commit[GDI_COMMIT_HEX + 1],
                                  god_error *err);

/* The commit that a branch points to now ("": the default branch). Uses url, token, limits of the request. */
god_status gdi_repository_head(const gdi_layout *layout, const gdi_repository_request *request, const char *branch,
                               char ret_commit[GDI_COMMIT_HEX + 1], god_error *err);

#endif
