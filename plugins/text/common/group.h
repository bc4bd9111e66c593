/* group.h: a job's engine, base model and entrants, as far as every text task type handles them alike. [one]
 *
 * The engine opens first; the base's weights only when somebody needs them (an adapter, a KL term), and then once.
 * Entrants are looked at before anything runs: what cannot be read has failed, what holds the base's own weights is
 * excluded, both reported at once. After that one entrant's weights are open at a time: adapters first, beside the base
 * that they stand on, then full models, beside no more of the base than they are compared with. So a group of any size
 * needs the memory of one model, and with a KL term that of the base's output matrix.
 */
#ifndef GTX_GROUP_H
#define GTX_GROUP_H

#include <jansson.h>

#include "god/eval.h"
#include "god/helpers/text.h"
#include "god/nn/lm.h"

enum { GTX_PACK_TOKENS_MIN = 512 };
enum { GTX_PACK_TOKENS = 8192 }; /* when the job does not say: wide enough for matrix products, small in activations */

/* What of the base stays open beside full models. */
enum {
    GTX_BASE_CLOSED = 1,
    GTX_BASE_HEAD, /* its output matrix: its states are kept, and a divergence is taken from them */
    GTX_BASE_WHOLE /* states that were not kept are made again for each entrant */
};

/* What a run needs beside its models, as far as its data say. */
typedef struct gtx_memory_need {
    uint64_t longest;    /* tokens of the longest example */
    uint32_t with_kl;    /* 1: states of the base are kept, for each context length up to .. */
    uint64_t rows_max;   /* .. so many rows, and .. */
    uint64_t states_max; /* .. no more than so many bytes together */
} gtx_memory_need;

/* What it takes. */
typedef struct gtx_memory {
    uint64_t pack_tokens;  /* what packs are filled up to */
    uint64_t tokens_max;   /* of the largest pack: an example that is longer has a pack of its own */
    uint64_t states_bytes; /* of the base's states, at most */
    uint32_t beside;       /* GTX_BASE_... */
} gtx_memory;

/* Packs of the size that the job says, or GTX_PACK_TOKENS, halved, down to GTX_PACK_TOKENS_MIN, until the job fits into
 * its device_bytes_max. With a KL term all states are kept and the base's output matrix alone stays beside full models;
 * where that is too much, as many states as there is room for, and the whole base. No digit depends on any of it. */
god_status gtx_group_plan(const god_eval_job *job, const gtx_memory_need *need, gtx_memory *ret_memory, god_error *err);
/* An upper bound for the memory of a run, its models included. */
god_status gtx_group_device_bytes(const god_eval_job *job, const gtx_memory *memory, uint64_t *ret_bytes,
                                  god_error *err);
/* Bytes that the states of one row take. */
uint64_t gtx_group_state_bytes(const god_eval_job *job, const god_nn_lm_info *base);

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
    gtx_memory memory;
    god_nn_engine *engine;
    god_nn_lm *base; /* NULL until gtx_group_base */
    god_nn_lm_info base_info;
    json_t *base_config;
    gtx_entrant *entrants; /* job->submission_count */
    uint64_t done, total;  /* tokens, for progress */
} gtx_group;

/* Fails when the engine or the base's config.json cannot be opened. *group is zeroed by the caller and ended with
 * gtx_group_close in any case. */
god_status gtx_group_open(gtx_group *group, const god_host *host, const god_eval_job *job, const gtx_memory *memory,
                          const god_report *report, god_error *err);
void gtx_group_close(gtx_group *group);

/* Fills every entrant and reports those that are over already. Fails only for the base's or the host's sake. */
god_status gtx_group_inspect(gtx_group *group, god_error *err);

/* The base model, opened at the first call. Borrowed; beside full models it may be cut down to its output matrix. */
god_status gtx_group_base(gtx_group *group, god_nn_lm **ret_base, god_error *err);

/* Runs every entrant that is not over: adapters, then full models, each in the order of the job. Between the two, what
 * the second do not need of the base (`beside`, GTX_BASE_...) is given back. A base that adapters need and that cannot
 * be opened fails the run, so that it is not blamed on the first of them. */
god_status gtx_group_run(gtx_group *group, uint32_t beside,
                         god_status (*run)(void *ctx, gtx_entrant *entrant, god_error *err), void *ctx, god_error *err);

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

#endif
