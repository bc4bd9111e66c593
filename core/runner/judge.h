/* core/runner/judge.h: how a training that has ended counts, in a word for the host and a sentence for the miner.
 *
 * The same for every runner. Sources: training specification, sections 4.4 (the last line that tells of an error) and
 * 14 (the time limit counts as success, any exit status but 0 as failure). [one]
 */
#ifndef GDI_RUNNER_JUDGE_H
#define GDI_RUNNER_JUDGE_H

#include "core/runner/watch.h"

/* Fills run->state.exit_code, ended_us and, unless there is one already, outcome and message. */
void gdi_run_judge(gdi_run *run, const gdi_run_watch *watch, int32_t exit_code, uint32_t out_of_memory);

/* Looks at what counts as success or was kept at the time limit: without a usable output it becomes GDI_RUN_BAD_OUTPUT.
 * Does nothing for other outcomes. */
void gdi_run_judge_output(gdi_run *run, const char *checkpoints_dir);

/* What a miner may have overlooked, when the end of a log shows the trace of it: "a training has no network; ...".
 * NULL: nothing is known. Static text. [any] */
const char *gdi_run_advice(const char *log_text, size_t bytes);

#endif
