/* The layout of every public struct, field by field, as ABI 1.0 has it on 64-bit machines. A line that fails here means
 * that plug-ins which were built before will read the wrong field: put new fields at the end, or raise GOD_ABI_MAJOR.
 * Compiled as C11 and as C++17; there is nothing to run. */
#include "god/dataset.h"
#include "god/eval.h"
#include "god/explain.h"
#include "god/http.h"
#include "god/intake.h"
#include "god/plugin.h"
#include "god/task.h"
#include "god/template.h"
#include "god/training.h"

#ifdef __cplusplus
#define ASSERT(condition, text) static_assert(condition, text)
#else
#define ASSERT(condition, text) _Static_assert(condition, text)
#endif
#define AT(type, field, offset) ASSERT(offsetof(type, field) == (offset), #type "." #field " has moved")
#define SIZE(type, bytes) ASSERT(sizeof(type) == (bytes), #type " has another size")

ASSERT(sizeof(void *) == 8, "these numbers are for 64-bit machines");
ASSERT(GOD_ABI_MAJOR == 1, "these numbers are for ABI 1");

AT(god_error, size, 0);
AT(god_error, code, 4);
AT(god_error, message, 8);
SIZE(god_error, 512);

AT(god_host, size, 0);
AT(god_host, abi_minor, 4);
AT(god_host, ctx, 8);
AT(god_host, log, 16);
AT(god_host, cancelled, 24);
AT(god_host, progress, 32);
AT(god_host, cache_dir, 40);
AT(god_host, work_dir, 48);
AT(god_host, extension, 56);
SIZE(god_host, 64);

AT(god_plugin, size, 0);
AT(god_plugin, abi_major, 4);
AT(god_plugin, abi_minor, 8);
AT(god_plugin, caps, 12);
AT(god_plugin, id, 16);
AT(god_plugin, version, 24);
AT(god_plugin, build, 32);
AT(god_plugin, config_schema_json, 40);
AT(god_plugin, task_types, 48);
AT(god_plugin, open, 56);
AT(god_plugin, close, 64);
AT(god_plugin, query, 72);
SIZE(god_plugin, 80);

AT(god_args, size, 0);
AT(god_args, ctx, 8);
AT(god_args, arg, 16);
AT(god_args, env, 24);
AT(god_args, mount, 32);
SIZE(god_args, 40);

AT(god_task, size, 0);
AT(god_task, check, 8);
AT(god_task, build_args, 16);
SIZE(god_task, 24);

AT(god_need, size, 0);
AT(god_need, key, 8);
AT(god_need, uri, 16);
AT(god_need, revision, 24);
AT(god_need, sha256, 32);
SIZE(god_need, 40);

AT(god_input, size, 0);
AT(god_input, key, 8);
AT(god_input, path, 16);
AT(god_input, sha256, 24);
SIZE(god_input, 32);

AT(god_inputs, size, 0);
AT(god_inputs, count, 4);
AT(god_inputs, items, 8);
SIZE(god_inputs, 16);

AT(god_dataset, size, 0);
AT(god_dataset, needs, 8);
AT(god_dataset, cache_key, 16);
AT(god_dataset, prepare, 24);
SIZE(god_dataset, 32);

AT(god_metric_info, size, 0);
AT(god_metric_info, name, 8);
AT(god_metric_info, title, 16);
AT(god_metric_info, decimals, 24);
SIZE(god_metric_info, 32);

AT(god_score_spec, size, 0);
AT(god_score_spec, direction, 4);
AT(god_score_spec, primary, 8);
AT(god_score_spec, lowest, 16);
AT(god_score_spec, highest, 24);
AT(god_score_spec, tie_epsilon, 32);
AT(god_score_spec, metrics, 40);
SIZE(god_score_spec, 48);

AT(god_submission, size, 0);
AT(god_submission, id, 8);
AT(god_submission, model_dir, 16);
SIZE(god_submission, 24);

AT(god_eval_job, size, 0);
AT(god_eval_job, device, 4);
AT(god_eval_job, device_index, 8);
AT(god_eval_job, precision, 12);
AT(god_eval_job, threads, 16);
AT(god_eval_job, batch_tokens_max, 20);
AT(god_eval_job, seq_len_max, 24);
AT(god_eval_job, seed, 32);
AT(god_eval_job, device_bytes_max, 40);
AT(god_eval_job, time_limit_ms, 48);
AT(god_eval_job, spec_json, 56);
AT(god_eval_job, data_dir, 64);
AT(god_eval_job, base_model_dir, 72);
AT(god_eval_job, submissions, 80);
AT(god_eval_job, submission_count, 88);
SIZE(god_eval_job, 96);

AT(god_report, size, 0);
AT(god_report, ctx, 8);
AT(god_report, metric, 16);
AT(god_report, failed, 24);
AT(god_report, excluded, 32);
AT(god_report, note, 40);
AT(god_report, artifact, 48);
AT(god_report, fact, 56);
SIZE(god_report, 64);

AT(god_eval, size, 0);
AT(god_eval, score_spec, 8);
AT(god_eval, device_bytes, 16);
AT(god_eval, run, 24);
AT(god_eval, score_group, 32);
SIZE(god_eval, 40);

AT(god_explain_token, size, 0);
AT(god_explain_token, id, 4);
AT(god_explain_token, label, 8);
AT(god_explain_token, flags, 12);
AT(god_explain_token, piece, 16);
AT(god_explain_token, text, 24);
SIZE(god_explain_token, 32);

AT(god_explain_sink, size, 0);
AT(god_explain_sink, ctx, 8);
AT(god_explain_sink, part, 16);
AT(god_explain_sink, token, 24);
AT(god_explain_sink, state, 32);
SIZE(god_explain_sink, 40);

AT(god_explain, size, 0);
AT(god_explain, explain, 8);
SIZE(god_explain, 16);

AT(god_http_request, size, 0);
AT(god_http_request, url, 8);
AT(god_http_request, destination, 16);
AT(god_http_request, sha256, 24);
AT(god_http_request, bytes_max, 32);
AT(god_http_request, time_limit_ms, 40);
SIZE(god_http_request, 48);

AT(god_http, size, 0);
AT(god_http, download, 8);
SIZE(god_http, 16);

AT(god_template_request, size, 0);
AT(god_template_request, source, 8);
AT(god_template_request, contexts_json, 16);
AT(god_template_request, now_s, 24);
AT(god_template_request, time_limit_ms, 32);
SIZE(god_template_request, 40);

AT(god_template, size, 0);
AT(god_template, render, 8);
SIZE(god_template, 16);

AT(god_claim, size, 0);
AT(god_claim, keys, 4);
AT(god_claim, order, 8);
AT(god_claim, spec_json, 16);
SIZE(god_claim, 24);

AT(god_training_plan, size, 0);
AT(god_training_plan, tells_datasets, 4);
AT(god_training_plan, keeps_run_log, 8);
AT(god_training_plan, row_count, 12);
AT(god_training_plan, row_json, 16);
AT(god_training_plan, dockerfile, 24);
AT(god_training_plan, image, 32);
AT(god_training_plan, container_prefix, 40);
AT(god_training_plan, data_ending, 48);
AT(god_training_plan, upload_subfolder, 56);
AT(god_training_plan, sidecar, 64);
AT(god_training_plan, single_file_bytes_min, 72);
SIZE(god_training_plan, 80);

AT(god_training_sink, size, 0);
AT(god_training_sink, ctx, 8);
AT(god_training_sink, download_arg, 16);
AT(god_training_sink, label, 24);
AT(god_training_sink, extra, 32);
SIZE(god_training_sink, 40);

AT(god_training, size, 0);
AT(god_training, claim, 8);
AT(god_training, plan, 16);
SIZE(god_training, 24);

/* Numbers that travel between the two sides. */
ASSERT(GOD_OK == 0 && GOD_E_INVALID == -1 && GOD_E_DATA == -2 && GOD_E_UNSUPPORTED == -3 && GOD_E_NOT_FOUND == -4, "");
ASSERT(GOD_E_NOMEM == -5 && GOD_E_IO == -6 && GOD_E_CANCELLED == -7 && GOD_E_TIMEOUT == -8, "");
ASSERT(GOD_E_INTERNAL == -9 && GOD_E_DEVICE == -10, "");
ASSERT(GOD_LOG_DEBUG == 1 && GOD_LOG_INFO == 2 && GOD_LOG_WARNING == 3 && GOD_LOG_ERROR == 4, "");
ASSERT(GOD_CAP_CPU == 1 && GOD_CAP_CUDA == 2 && GOD_CAP_CANCEL == 4 && GOD_CAP_BITWISE == 8, "");
ASSERT(GOD_DEV_CPU == 1 && GOD_DEV_CUDA == 2 && GOD_PRECISION_BF16 == 1 && GOD_PRECISION_F32 == 2, "");
ASSERT(GOD_EXPLAIN_NO_LABEL == -100 && GOD_EXPLAIN_SCORED == 1 && GOD_EXPLAIN_SPECIAL == 2, "");
ASSERT(GOD_LOWER_WINS == 1 && GOD_HIGHER_WINS == 2, "0 is nobody's direction");

AT(god_intake_plan, size, 0);
AT(god_intake_plan, form, 4);
AT(god_intake_plan, endings, 8);
AT(god_intake_plan, placeholder, 16);
SIZE(god_intake_plan, 24);

AT(god_intake_sink, size, 0);
AT(god_intake_sink, ctx, 8);
AT(god_intake_sink, row, 16);
AT(god_intake_sink, pair, 24);
AT(god_intake_sink, field, 32);
SIZE(god_intake_sink, 40);

AT(god_intake, size, 0);
AT(god_intake, plan, 8);
AT(god_intake, read, 16);
SIZE(god_intake, 24);
