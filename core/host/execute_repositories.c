/* check_repository: may this commit enter? (tournament specification, section 8.2)
 *
 *     <cache_dir>/jobs/run-XXXXXX/tree     the files of the commit, by god-git, for as long as they are looked at
 *
 * In this order: form of the commit, the commit itself, the scanner, licence, notice. What the rules refuse is a result
 * with a sentence for the miner; what could not be looked at is a failure, which is tried again. */
#include "core/base/child.h"
#include "core/base/clock.h"
#include "core/cycles/work.h"
#include "core/entry/notices.h"
#include "core/git/repository.h"
#include "core/host/executors.h"
#include "core/host/scratch.h"
#include "core/host/wallet.h"
#include "god/helpers/json.h"

enum { fetch_limit_ms = 60 * 1000, scan_limit_ms = 60 * 1000, look_ms = 100, grace_ms = 1000 };

/* Why not, for the miner; "" when it may enter. */
typedef struct finding {
    char reason[512];
} finding;

/* Addresses in a sentence may hold any bytes, and be cut within a character. */
static void take_reason(finding *f, const char *message)
{
    (void)snprintf(f->reason, sizeof f->reason, "%s", message);
    for (char *c = f->reason; *c != '\0'; c++) {
        *c = (unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e ? '?' : *c;
    }
}

static god_status fetch(const gdi_execution *x, const char *repository, const char *commit, const char *tree_dir,
                        finding *f, god_error *err)
{
    char *token = NULL;
    gdi_repository fetched;
    god_error why = GOD_ERROR_INIT;
    GOD_TRY(gdi_payload_token(x->config, x->payload, &token, err));
    const gdi_repository_request request = {.url = repository,
                                            .commit = commit,
                                            .token = token,
                                            .dest_dir = tree_dir,
                                            .allow_local = x->config->entry_local_repositories != 0,
                                            .time_limit_ms = fetch_limit_ms,
                                            .stop_asked = x->stop_asked,
                                            .user = x->user};
    god_status status = gdi_repository_fetch(x->layout, &request, &fetched, &why);
    gdi_secret_free(token);
    if (status == GOD_E_INVALID || status == GOD_E_NOT_FOUND || status == GOD_E_DATA) {
        take_reason(f, why.message);
        return GOD_OK;
    }
    return status == GOD_OK ? GOD_OK : god_fail(err, status, "%s", why.message);
}

/* ---- the scanner ---- */

static god_status await(const gdi_execution *x, gdi_child *child, gdi_child_end *ret_end, god_error *err)
{
    const uint64_t until_ms = gdi_clock_ms() + scan_limit_ms;
    god_status status = GOD_E_TIMEOUT;
    while (status == GOD_E_TIMEOUT && gdi_clock_ms() < until_ms) {
        if (x->stop_asked(x->user) != 0) {
            return god_fail(err, GOD_E_CANCELLED, "looking for hidden code was stopped");
        }
        status = gdi_child_wait(child, look_ms, ret_end, err);
    }
    return status;
}

static god_status scan(const gdi_execution *x, const char *tree_dir, const char *commit, finding *f, god_error *err)
{
    const char *scanner = x->config->entry_scanner;
    const char *const argv[] = {scanner, "--repo", tree_dir, "--commit", commit, NULL};
    gdi_child *child = NULL;
    gdi_child_end end = {.how = 0};
    if (scanner[0] == '\0' || f->reason[0] != '\0') {
        return GOD_OK;
    }
    GOD_TRY(gdi_child_start(&(gdi_child_options){.argv = argv}, &child, err));
    god_status status = await(x, child, &end, err);
    if (status == GOD_E_TIMEOUT) {
        gdi_child_stop(child, grace_ms, &end);
        (void)snprintf(f->reason, sizeof f->reason, "the scanner for hidden code did not end within %d s",
                       scan_limit_ms / 1000);
        status = GOD_OK;
    } else if (status == GOD_OK && (end.how != GDI_CHILD_EXITED || end.code != 0)) {
        (void)snprintf(f->reason, sizeof f->reason, "the scanner for hidden code refuses it");
    }
    gdi_child_free(child);
    return status;
}

/* ---- all of it ---- */

static god_status check_notices(const gdi_execution *x, const char *tree_dir, finding *f, god_error *err)
{
    char reason[GDI_NOTICES_REASON_BYTES];
    if (f->reason[0] != '\0') {
        return GOD_OK;
    }
    GOD_TRY(gdi_notices_check(tree_dir, x->config->entry_license_file, x->config->entry_notice_file, reason, err));
    (void)snprintf(f->reason, sizeof f->reason, "%s", reason);
    return GOD_OK;
}

static god_status check(const gdi_execution *x, const char *repository, const char *commit, finding *f, god_error *err)
{
    char tree_dir[GOD_PATH_MAX];
    gdi_scratch_dir scratch = {.lock_fd = -1};
    GOD_TRY(gdi_scratch_dir_open(x->config->paths_cache_dir, 0, &scratch, err));
    god_status status = god_path_join(scratch.dir, "tree", tree_dir, err);
    status = status != GOD_OK ? status : fetch(x, repository, commit, tree_dir, f, err);
    status = status != GOD_OK ? status : scan(x, tree_dir, commit, f, err);
    status = status != GOD_OK ? status : check_notices(x, tree_dir, f, err);
    gdi_scratch_dir_close(&scratch);
    return status;
}

god_status gdi_run_check_repository(const gdi_execution *x, json_t **ret_result, god_error *err)
{
    const char *repository = NULL, *commit = NULL;
    char lower[GDI_COMMIT_HEX + 1];
    finding f = {.reason = ""};
    god_error why = GOD_ERROR_INIT;
    GOD_TRY(god_json_get_str("payload", x->payload, "github_repo", &repository, err));
    GOD_TRY(god_json_get_str("payload", x->payload, "commit_hash", &commit, err));
    if (gdi_commit_read(commit, lower, &why) != GOD_OK) {
        take_reason(&f, why.message);
    } else {
        GOD_TRY(check(x, repository, lower, &f, err));
    }
    /* The digest of the sources is the duplicate review's business: null is compared with nothing. */
    *ret_result = json_pack("{s:b, s:s, s:n}", "accepted", f.reason[0] == '\0', "reason", f.reason, "source_digest");
    return *ret_result != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for a finding");
}
