#include "core/git/fetch.h"

#include "core/git/remote.h"

#include <string.h>

typedef struct fetching {
    gdi_remote_talk talk; /* first: it is what gdi_remote_give_token gets */
    const gdi_fetch_options *options;
} fetching;

static fetching fetching_of(const gdi_fetch_options *options)
{
    return (fetching){.talk = {.address = options->address, .token = options->token}, .options = options};
}

god_status gdi_fetch_init(god_error *err)
{
    if (git_libgit2_init() < 0) {
        return god_fail(err, GOD_E_INTERNAL, "libgit2 cannot be started");
    }
    const git_config_level_t levels[] = {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
                                         GIT_CONFIG_LEVEL_GLOBAL};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "") != 0) {
            return god_fail(err, GOD_E_INTERNAL, "libgit2 cannot be cut off from the configuration of this machine");
        }
    }
    return GOD_OK;
}

static int watch_transfer(const git_indexer_progress *now, void *payload)
{
    fetching *state = payload;
    const gdi_fetch_options *options = state->options;
    if (now->received_bytes > options->received_bytes_max) {
        (void)snprintf(state->talk.refused, sizeof state->talk.refused,
                       "the repository has more than %llu bytes to fetch",
                       (unsigned long long)options->received_bytes_max);
        return GIT_EUSER;
    }
    if (now->total_objects > options->objects_max) {
        (void)snprintf(state->talk.refused, sizeof state->talk.refused,
                       "the repository has %u objects to fetch, %u are allowed", now->total_objects,
                       options->objects_max);
        return GIT_EUSER;
    }
    if (options->progress != NULL) {
        options->progress(options->user, now->received_objects, now->total_objects, now->received_bytes);
    }
    return 0;
}

static god_status fail_remote(const fetching *state, god_error *err)
{
    return gdi_remote_fail(&state->talk, "fetch from", err);
}

static void set_callbacks(git_remote_callbacks *callbacks, fetching *state)
{
    callbacks->credentials = gdi_remote_give_token;
    callbacks->transfer_progress = watch_transfer;
    callbacks->payload = state;
}

/* One fetch of these references. */
static int fetch(git_remote *remote, fetching *state, char **specs, size_t count, int without_history)
{
    git_fetch_options options;
    (void)git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
    set_callbacks(&options.callbacks, state);
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
    options.proxy_opts.type = GIT_PROXY_AUTO;
    options.update_fetchhead = 0;
#if LIBGIT2_VER_MAJOR > 1 || LIBGIT2_VER_MINOR >= 7
    options.depth = without_history ? 1 : 0;
#else
    (void)without_history;
#endif
    const git_strarray list = {.strings = specs, .count = count};
    state->talk.asked = 0;
    return git_remote_fetch(remote, &list, &options, NULL);
}

static int has_commit(git_repository *repository, const char *hex)
{
    git_oid id;
    git_commit *commit = NULL;
    int found = git_oid_fromstr(&id, hex) == 0 && git_commit_lookup(&commit, repository, &id) == 0;
    git_commit_free(commit);
    return found;
}

god_status gdi_fetch_commit(git_repository *repository, const gdi_fetch_options *options, const char *commit,
                            god_error *err)
{
    fetching state = fetching_of(options);
    git_remote *remote = NULL;
    if (git_remote_create_anonymous(&remote, repository, options->address->text) != 0) {
        return fail_remote(&state, err);
    }
    char alone[GDI_COMMIT_HEX + 1];
    (void)snprintf(alone, sizeof alone, "%s", commit);
    char heads[] = "+refs/heads/*:refs/remotes/origin/*", tags[] = "+refs/tags/*:refs/tags/*";
    char *only_commit[] = {alone}, *everything[] = {heads, tags};
    int failed = fetch(remote, &state, only_commit, 1, 1);
    if (state.talk.refused[0] == '\0' && (failed != 0 || !has_commit(repository, commit))) {
        failed = fetch(remote, &state, everything, 2, 0);
    }
    god_status status = GOD_OK;
    if (failed != 0) {
        status = fail_remote(&state, err);
    } else if (!has_commit(repository, commit)) {
        status = god_fail(err, GOD_E_NOT_FOUND, "Invalid commit hash '%s' - commit not found in repository", commit);
    }
    git_remote_free(remote);
    return status;
}

/* The reference that `branch` means among those the server lists. */
static god_status pick_head(git_remote *remote, const fetching *state, const char *branch,
                            char ret_commit[GDI_COMMIT_HEX + 1], god_error *err)
{
    const git_remote_head **heads = NULL;
    size_t count = 0;
    char name[300];
    (void)snprintf(name, sizeof name, "%s%s", *branch != '\0' ? "refs/heads/" : "HEAD", branch);
    if (git_remote_ls(&heads, &count, remote) != 0) {
        return fail_remote(state, err);
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(heads[i]->name, name) == 0) {
            (void)git_oid_tostr(ret_commit, GDI_COMMIT_HEX + 1, &heads[i]->oid);
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_NOT_FOUND, "\"%.200s\" has no branch \"%.60s\"", state->options->address->text,
                    *branch != '\0' ? branch : "HEAD");
}

god_status gdi_fetch_head(const gdi_fetch_options *options, const char *branch, char ret_commit[GDI_COMMIT_HEX + 1],
                          god_error *err)
{
    fetching state = fetching_of(options);
    git_remote *remote = NULL;
    git_remote_callbacks callbacks;
    git_proxy_options proxy;
    (void)git_remote_init_callbacks(&callbacks, GIT_REMOTE_CALLBACKS_VERSION);
    (void)git_proxy_options_init(&proxy, GIT_PROXY_OPTIONS_VERSION);
    proxy.type = GIT_PROXY_AUTO;
    set_callbacks(&callbacks, &state);
    god_status status = GOD_OK;
    if (git_remote_create_detached(&remote, options->address->text) != 0 ||
        git_remote_connect(remote, GIT_DIRECTION_FETCH, &callbacks, &proxy, NULL) != 0) {
        status = fail_remote(&state, err);
    } else {
        status = pick_head(remote, &state, branch, ret_commit, err);
    }
    git_remote_free(remote);
    return status;
}
