// clang-format off: the table below is a table
/* core/cycles/work.h: the kinds of job that cycles add, with key, payload and result. Whoever executes jobs (daemon,
 * simulator, a trainer) needs this file and nothing else of the cycles.
 *
 * Times in JSON are "2026-06-18T14:07:00Z". Tokens are sealed (core/store/seal.h) before they come near a row; cycles
 * hand the sealed text on unread. A job that fails for good has a message instead of a result.
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
 * find_head          <tournament>/<n>           {github_repo, branch}                    {commit_hash}
 * review_duplicates  <round>                    {cohort: [{hotkey, github_repo,          {digests: {hotkey: T1 or null},
 *                                                commit_hash, github_token}], read}        verdicts: [{a, b, verdict,
 *                                                                                          characters_a, characters_b}]}
 * --- tasks ---
 * choose_content     <slot>/<i>/<replacement>   {task_type, params_min, params_max, ...} {model_id, ds, model_params_count, rows,
 *                                                                                          fields: {}}
 * prepare_task       <task>                     {task_id, task_type, model_id, ds, ...}  {training_data, test_data, rows,
 *                                                                                          p50, p95, ...}
 * prepare_model      <task>                     {task_id, model_id}                      {baseline_stats: {}}
 * --- training ---
 * start_training     <task>/<hotkey>/<n>        the request of training specification 2.1 {outcome: "accepted" | "failed" |
 *                                                plus trainer_ip, gpu_ids                  "no_retry", message}
 * watch_training     <task>/<hotkey>/<n>        {task_id, hotkey, trainer_ip, until}     {status: "success" | "failure",
 *                                                                                          message}
 * refresh_gpus       <1-minute slot>            {trainers: [ip]}                         {trainers: [{trainer_ip, gpus:
 *                                                                                          [{gpu_id, gpu_type, vram_gb,
 *                                                                                          available}] or null}]}
 * --- evaluation ---
 * evaluate           <task>/<n>                 {task_id, task_type, submissions:        {scores: {hotkey: {status: "ok" |
 *                                                [{hotkey, repo}], ...}                    "failed" | "not_finetuned", test_loss,
 *                                                                                          synth_loss, message}}}
 * play_pair          <task>/<a>/<b>/<env>/<n>   {task_id, environment_name, games,       {model_a_wins, model_b_wins, draws}
 *                                                eval_seed, a, b}
 * play_alone         <task>/<hotkey>/<env>/<n>  {task_id, environment_name, ...}         {score}
 * --- afterwards ---
 * publish_repository <tournament>/<hotkey>      {github_repo, commit_hash, github_token, {repository_url}
 *                                                name}
 * compare_sources    <tournament>               {winner: {...}, other: {...}}            {diff_report}
 * read_model_base    <tournament>               {repo}                                   {model_base}
 * notify             <event>                    {content}                                {}
 */
// clang-format on
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
