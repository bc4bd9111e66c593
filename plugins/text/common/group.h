/* group.h: a job's engine, base model and entrants, as far as every text task type handles them alike. [one]
 *
 * The engine opens first; the base's weights only when somebody needs them (an adapter, a KL term), and then once.
 * Entrants are looked at before anything runs: what cannot be read has failed, what holds the base's own weights is
 * excluded, both reported at once. After that one entrant's weights are open at a time beside the base, so a group of
 * any size needs the memory of two models.
 */
#ifndef GTX_GROUP_H
#define GTX_GROUP_H

#include <jansson.h>

#include "god/eval.h"
#include "god/helpers/text.h"
#include "god/nn/lm.h"

enum { GTX_PACK_TOKENS_MIN = 512 };
enum { GTX_PACK_TOKENS = 8192 }; /* when the job does not say: wide enough for matrix products, small in activations */

typedef struct gtx_entrant {
    uint32_t index; /* in the job */
    const char *id, *dir;
    uint32_t over; /* 1: reported as failed or excluded */
    uint32_t is_adapter;
    god_nn_lm_info info;     /* of the model that will run: its own, or the base's for an adapter */
    char not_finetuned[256]; /* why its result may not be ranked; "": it may */
} gtx_entrant;

typedef struct gtx_group {
    const god_host *host;
    const god_eval_job *job;
    const god_report *report;
    god_nn_engine *engine;
    god_nn_lm *base; /* NULL until gtx_group_base */
    god_nn_lm_info base_info;
    json_t *base_config;
    gtx_entrant *entrants; /* job->submission_count */
    uint64_t done, total;  /* tokens, for progress */
} gtx_group;

/* Fails when the engine or the base's config.json cannot be opened. *group is zeroed by the caller and ended with
 * gtx_group_close in any case. */
god_status gtx_group_open(gtx_group *group, const god_host *host, const god_eval_job *job, const god_report *report,
                          god_error *err);
void gtx_group_close(gtx_group *group);

/* Fills every entrant and reports those that are over already. Fails only for the base's or the host's sake. */
god_status gtx_group_inspect(gtx_group *group, god_error *err);

/* The pack size that a job would have with memory enough: what it says, or GTX_PACK_TOKENS. */
uint64_t gtx_group_pack_tokens_wanted(const god_eval_job *job);
/* The pack size of a job: the one that is wanted, halved, down to GTX_PACK_TOKENS_MIN, until the job fits
 * into its device_bytes_max. No digit depends on it. */
uint64_t gtx_group_pack_tokens(const god_eval_job *job);

/* The base model, opened at the first call. Borrowed. */
god_status gtx_group_base(gtx_group *group, god_nn_lm **ret_base, god_error *err);
/* Opens it when an adapter is still in the running, so that a broken base is not blamed on the first of them. */
god_status gtx_group_base_for_adapters(gtx_group *group, god_error *err);

/* What went wrong with one entrant: reports it and returns GOD_OK, or returns a status that must end the run (the host
 * cancelled, the device is lost, the report was refused). `why` is what the failing call wrote. */
god_status gtx_group_fail(gtx_group *group, gtx_entrant *entrant, god_status status, const god_error *why,
                          god_error *err);

/* Once per pack, before it runs: tells how far we are and asks whether to stop (GOD_E_CANCELLED). stage_name may be
 * NULL. */
god_status gtx_group_step(gtx_group *group, const char *stage, const char *stage_name, god_error *err);
/* The end of one entrant, however it went: `done` tokens are behind us. */
void gtx_group_done(gtx_group *group, const gtx_entrant *entrant, uint64_t done);

/* The last word on an entrant whose metrics have been reported: excluded when its config is of another shape. */
god_status gtx_group_finish(gtx_group *group, const gtx_entrant *entrant);
/* Hands over the per-example lines as "per_example.jsonl", with their digest as a fact. */
god_status gtx_group_artifact(gtx_group *group, const gtx_entrant *entrant, const god_text *lines, god_error *err);

/* An entrant, ready to run. */
typedef struct gtx_model {
    god_nn_lm *lm;           /* the base for an adapter */
    god_nn_adapter *adapter; /* NULL for a full model */
    god_nn_lm *owned;        /* closed with the model */
} gtx_model;

god_status gtx_model_open(gtx_group *group, const gtx_entrant *entrant, gtx_model *ret_model, god_error *err);
void gtx_model_close(gtx_model *model); /* accepts a zeroed one */

/* Tokens of the largest pack that a job runs when its longest example has `longest`: that example has a pack of its own
 * when it does not fit. */
uint64_t gtx_group_pack_tokens_max(const god_eval_job *job, uint64_t longest);

/* An upper bound for the memory of a run that keeps at most states_bytes of base states and packs of tokens_max. */
god_status gtx_group_device_bytes(const god_eval_job *job, uint64_t tokens_max, uint64_t states_bytes,
                                  uint64_t *ret_bytes, god_error *err);
/* How much of `budget` base states may take: no more than `rows_max` rows need, and what the job's device_bytes_max
 * leaves beside everything else. */
god_status gtx_group_states_bytes(const god_eval_job *job, uint64_t tokens_max, uint64_t rows_max, uint64_t budget,
                                  uint64_t *ret_bytes, god_error *err);

#endif
