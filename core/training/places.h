/* core/training/places.h: where the parts of a training lie, on the host and as its containers see them (training
 * specification 1.2, 7, 10.4 and 15.1). [any] */
#ifndef GDI_TRAINING_PLACES_H
#define GDI_TRAINING_PLACES_H

#include "god/helpers/text.h"

#define GDI_CLONE_ROOT "/tmp/trainer/repos"
#define GDI_CACHE_TARGET "/cache"
#define GDI_CHECKPOINTS_TARGET "/app/checkpoints"

enum { GDI_HOTKEY_SHORT = 8 };

/* "<root>/<name>_<task>_<hotkey, 8 characters>"; name is the last part of the repository's path without ".git", "repo"
 * when there is none. Each of these sets *text. GOD_E_INVALID for a name of more than 200 bytes. */
god_status gdi_clone_dir(const char *root, const char *github_repo, const char *task_id, const char *hotkey,
                         god_text *text, god_error *err);

/* "/cache/models/<folder>": the value of --model with '/' as "--". */
god_status gdi_model_dir(const char *model_argument, god_text *text, god_error *err);

/* What stands for a model id that a miner must not learn: 16 hex digits of SHA-256 over salt and id. */
god_status gdi_model_hash(const char *model, const char *salt, char ret_hash[17], god_error *err);

/* "/app/checkpoints/<task>/<repository>" */
god_status gdi_output_dir(const char *task_id, const char *expected_repo_name, god_text *text, god_error *err);
/* "/app/checkpoints/wandb_logs/<task>_<hotkey>" */
god_status gdi_run_log_dir(const char *task_id, const char *hotkey, god_text *text, god_error *err);

#endif
