#include "core/git/push.h"

#include <git2/sys/mempack.h>
#include <string.h>

#include "core/git/remote.h"

static const char author[] = "Gradients on Demand", mail[] = "god@localhost", branch[] = "refs/heads/main";

static god_status fail_git(const char *what, god_error *err)
{
    const git_error *last = git_error_last();
    return god_fail(err, GOD_E_DATA, "the commit cannot be %s: %.200s", what,
                    last != NULL ? last->message : "unknown reason");
}

/* New objects stay in memory: writing one to the disk moves it from folder to folder, which god-git may not. */
static god_status keep_in_memory(git_repository *repository, god_error *err)
{
    enum { first_asked = 1000 }; /* before the backends for files */
    git_odb *odb = NULL;
    git_odb_backend *memory = NULL;
    god_status status = GOD_OK;
    if (git_repository_odb(&odb, repository) != 0 || git_mempack_new(&memory) != 0 ||
        git_odb_add_backend(odb, memory, first_asked) != 0) {
        status = fail_git("kept in memory", err);
    }
    git_odb_free(odb); /* the repository holds it, too */
    return status;
}

/* The commit of our own, and branch main at it. */
static god_status make_commit(git_repository *repository, const git_commit *from, const char *message, git_oid *ret_id,
                              god_error *err)
{
    git_tree *tree = NULL;
    git_signature *who = NULL;
    git_reference *head = NULL;
    god_status status = GOD_OK;
    if (git_commit_tree(&tree, from) != 0 || git_signature_new(&who, author, mail, git_commit_time(from), 0) != 0 ||
        git_commit_create(ret_id, repository, NULL, who, who, NULL, message, tree, 0, NULL) != 0 ||
        git_reference_create(&head, repository, branch, ret_id, 1, NULL) != 0) {
        status = fail_git("made anew", err);
    }
    git_reference_free(head);
    git_signature_free(who);
    git_tree_free(tree);
    return status;
}

/* The server's word about the branch; NULL is yes. */
static int take_word(const char *reference, const char *word, void *payload)
{
    gdi_remote_talk *talk = payload;
    (void)reference;
    if (word != NULL) {
        (void)snprintf(talk->refused, sizeof talk->refused, "the server refuses the branch: %.100s", word);
        return GIT_EUSER;
    }
    return 0;
}

static god_status push(git_repository *repository, const gdi_push_options *options, god_error *err)
{
    gdi_remote_talk talk = {.address = options->address, .token = options->token};
    char spec[] = "+refs/heads/main:refs/heads/main", *specs[] = {spec};
    const git_strarray list = {.strings = specs, .count = 1};
    git_push_options push_options;
    git_remote *remote = NULL;
    (void)git_push_options_init(&push_options, GIT_PUSH_OPTIONS_VERSION);
    push_options.callbacks.credentials = gdi_remote_give_token;
    push_options.callbacks.push_update_reference = take_word;
    push_options.callbacks.payload = &talk;
    push_options.proxy_opts.type = GIT_PROXY_AUTO;
    god_status status = GOD_OK;
    if (git_remote_create_anonymous(&remote, repository, options->address->text) != 0 ||
        git_remote_push(remote, &list, &push_options) != 0 || talk.refused[0] != '\0') {
        status = gdi_remote_fail(&talk, "push to", err);
    }
    git_remote_free(remote);
    return status;
}

god_status gdi_push_commit(git_repository *repository, const gdi_push_options *options, const char *commit,
                           char ret_commit[GDI_COMMIT_HEX + 1], god_error *err)
{
    git_oid id, made;
    git_commit *from = NULL;
    if (git_oid_fromstr(&id, commit) != 0 || git_commit_lookup(&from, repository, &id) != 0) {
        return fail_git("found", err);
    }
    god_status status = keep_in_memory(repository, err);
    status = status == GOD_OK ? make_commit(repository, from, options->message, &made, err) : status;
    git_commit_free(from);
    GOD_TRY(status);
    GOD_TRY(push(repository, options, err));
    (void)git_oid_tostr(ret_commit, GDI_COMMIT_HEX + 1, &made);
    return GOD_OK;
}
