/* clang-format off */
/* core/cycles/work.h: the kinds of job that cycles add, with key, payload and result. Whoever executes jobs (daemon,
 * simulator, a trainer) needs this file and nothing else of the cycles.
 *
 * Times in JSON are "2026-06-18T14:07:00Z". Tokens are sealed (core/store/seal.h) before they come near a row; cycles
 * hand the sealed text on unread. A job that fails for good has a message instead of a result. Steps wait for the end of
 * a job, whatever it is, and go on from a failure; so what nobody executes fails in the end (host.unexecuted_minutes).
 *
 * kind               key after "<kind>/"        payload                                  result
 * --- the network ---
 * refresh_nodes      <15-minute slot>           {netuid}                                 {nodes: [{hotkey, coldkey, ip, port}]}
 * read_transfers     <5-minute slot>            {address, after_timestamp, after_block}  {transfers: [{id, from_ss58, to_ss58,
 *                                                                                          amount_rao, fee_rao, block_number,
 *                                                                                          timestamp, ...}], timestamp, block}
 * set_weights        <epoch>                    {netuid, weights: {hotkey: 0..1}, audit} {accepted}
 * --- entry ---
 * ask_miners         <tournament>/<pass>        {tournament_id, tournament_type, pass,   {replies: [{hotkey, github_repo,
 *                                                nodes: [{hotkey, ip, port}]}              commit_hash, github_token (sealed or
 *                                                                                          null), requested_datasets}]}
 *                                               silent miners are left out; a token that GitHub refuses comes back null
 * check_repository   <tournament>/<hotkey>/<commit>   {github_repo, commit_hash, github_token}   {accepted, reason, source_digest}
 *                                               accepted false: the rules of 8.2 refuse it. A repository that could not be
 *                                               looked at is a failure; it is asked for again, "/<pass>" behind its key
 * find_head          <tournament>/<pass>        {github_repo, branch}                    {commit_hash}
 * review_duplicates  <round>                    {cohort: [{hotkey, github_repo,          {digests: {hotkey: T1 or null},
 *                                                commit_hash, github_token}], read}        verdicts: [{a, b, verdict,
 *                                                                                          characters_a, characters_b}]}
 *                                               read: also T2, of one of each group with equal commits or digests; a verdict
 *                                               is "DUPLICATE", "DISTINCT" or "DROP_EVASION"
 * --- tasks ---                              `details` is core/store/tasks.h, a repo is "<account>/<name>" on the hub
 * choose_content     <slot>/<i>/                {task_type, tournament_type, slot,       {model_id, ds, model_params_count,
 *                    <replacement>/<try>         place, replacement, params_min,           rows, fields: {}}
 *                                                params_max, details}
 *                                               params 0 to 0: any size; ds, rows and fields may be missing
 * prepare_task       <task>                     {task_id, task_type, model_id, ds,       {training_data, test_data,
 *                                                details}                                  fields: {}}
 * prepare_model      <task>/<n>                 {task_id, task_type, model_id,           {augmented_model_id, baseline_stats: {},
 *                                                training_data_url, details,               nodes: {hotkey: baseline_stats}}
 *                                                starting_models: {hotkey: repo},
 *                                                trainer_ip, gpu_ids, trainers: [ip]}
 *                                               trainers: all of them; one may be at it from an earlier try
 * --- training ---
 * start_training     <task>/<hotkey>/<n>        the request of training specification    {outcome: "accepted" | "failed" |
 *                                                2.1 plus task_type, trainer_ip            "no_retry", message}
 *                                               a trainer that runs this very task and hotkey already has accepted it
 * watch_training     <task>/<hotkey>/<n>        {task_id, hotkey, trainer_ip, until}     {status: "success" | "failure" |
 *                                                                                          "unknown", message}
 * refresh_gpus       <1-minute slot>            {trainers: [ip]}                         {trainers: [{trainer_ip, gpus:
 *                                                                                          [{gpu_id, gpu_type, vram_gb,
 *                                                                                          available}] or null}]}
 * --- evaluation ---
 * evaluate           <task>/<n>                 {task_id, task_type, model_id, ds,       {scores: {hotkey: {status: "ok" | "retry" |
 *                                                test_data, details, submissions:          "failed" | "not_finetuned", test_loss,
 *                                                [{hotkey, repo}]}                         synth_loss, message}}}
 * play_pair          <task>/<a>/<b>/<env>/<n>   {task_id, environment_name, games,       {model_a_wins, model_b_wins, draws}
 *                                                eval_seed, model_id, a: {hotkey, repo},
 *                                                b: {hotkey, repo}}
 * play_alone         <task>/<hotkey>/<env>/<n>  {task_id, environment_name, eval_seed,   {score}
 *                                                model_id, player: {hotkey, repo}}
 * --- afterwards ---
 * publish_repository <tournament>/<hotkey>      {github_repo, commit_hash, github_token, {repository_url}
 *                                                name}
 *                                               the commit as one orphan commit on branch main of `name`, which may be there
 *                                               from an earlier try; "/dedup" behind the key: evidence of a duplicate; "/<n>":
 *                                               the n-th try
 * compare_sources    <tournament>               {winner, other: {hotkey, github_repo,    {diff_report}
 *                                                commit_hash, github_token}}
 * read_model_base    <tournament>               {repo}                                   {model_base}
 * notify             <event>                    {content}                                {}
 */
// clang-format on
/* clang-format on */
#ifndef GDI_CYCLES_WORK_H
#define GDI_CYCLES_WORK_H

#define GDI_WORK_REFRESH_NODES "refresh_nodes"
#define GDI_WORK_READ_TRANSFERS "read_transfers"
#define GDI_WORK_SET_WEIGHTS "set_weights"
#define GDI_WORK_ASK_MINERS "ask_miners"
#define GDI_WORK_CHECK_REPOSITORY "check_repository"
#define GDI_WORK_FIND_HEAD "find_head"
#define GDI_WORK_REVIEW_DUPLICATES "review_duplicates"
#define GDI_WORK_CHOOSE_CONTENT "choose_content"
#define GDI_WORK_PREPARE_TASK "prepare_task"
#define GDI_WORK_PREPARE_MODEL "prepare_model"
#define GDI_WORK_START_TRAINING "start_training"
#define GDI_WORK_WATCH_TRAINING "watch_training"
#define GDI_WORK_REFRESH_GPUS "refresh_gpus"
#define GDI_WORK_EVALUATE "evaluate"
#define GDI_WORK_PLAY_PAIR "play_pair"
#define GDI_WORK_PLAY_ALONE "play_alone"
#define GDI_WORK_PUBLISH_REPOSITORY "publish_repository"
#define GDI_WORK_COMPARE_SOURCES "compare_sources"
#define GDI_WORK_READ_MODEL_BASE "read_model_base"
#define GDI_WORK_NOTIFY "notify"

#endif
