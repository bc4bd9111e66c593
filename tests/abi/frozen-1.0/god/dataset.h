/* god/dataset.h: interface "god.dataset/1": which files does a task need, and in which form does evaluation want them?
 *
 * The host fetches and checks, the plug-in names and prepares. A need is met by a local file or folder, which the host
 * hands to `cache_key` and `prepare` as an input of the same key. `prepare` fills an empty staging folder; the host
 * renames it to its place in the cache, so that a half-prepared entry can never be seen.
 */
#ifndef GOD_DATASET_H
#define GOD_DATASET_H

#include "god/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GOD_DATASET_ID "god.dataset/1"

/* One file or folder that a task needs. Optional fields may be NULL. */
typedef struct god_need {
    uint32_t size;
    const char *key;      /* "data", "base": unique within the task */
    const char *uri;      /* "https://...", "hf://owner/name", "file:///..."; NULL: the caller must supply it */
    const char *revision; /* optional: commit of a hub repository */
    const char *sha256;   /* optional: 64 lower-case hex digits of a single file */
} god_need;

/* A need that has been met. */
typedef struct god_input {
    uint32_t size;
    const char *key;    /* as in god_need */
    const char *path;   /* absolute path of the file or folder; read only */
    const char *sha256; /* digest of the content, as the host measured it: 64 lower-case hex digits */
} god_input;

typedef struct god_inputs {
    uint32_t size, count;
    const god_input *const *items; /* pointers, so that an entry can grow */
} god_inputs;

typedef struct god_dataset {
    uint32_t size;
    /* [one] Calls `need` once for each file; a status other than GOD_OK from it is returned unchanged. */
    god_status (*needs)(god_instance *instance, const char *spec_json, void *user,
                        god_status (*need)(void *user, const god_need *item), god_error *err);
    /* [one] Writes a name for the prepared form: letters, digits, '.', '_' and '-', at most 128 bytes, ended by a NUL.
     * Everything that changes the prepared bytes (the inputs' digests, the spec's formats, the plug-in's own format
     * version) must change the key. */
    god_status (*cache_key)(god_instance *instance, const char *spec_json, const god_inputs *inputs, char *buf,
                            size_t buf_bytes, god_error *err);
    /* [one] [worker] Fills staging_dir, which exists and is empty. On failure the host removes it. */
    god_status (*prepare)(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                          const char *staging_dir, god_error *err);
} god_dataset;

#ifdef __cplusplus
}
#endif
#endif
