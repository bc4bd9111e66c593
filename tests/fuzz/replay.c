/* Runs a fuzz target over files, without libFuzzer: each argument is a file or a folder of files. It fails when there
 * is nothing to run, because an empty corpus tests nothing. */
#include <stdint.h>
#include <stdlib.h>

#include "god/helpers/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { input_bytes_max = 64 << 20 };

typedef struct replay {
    const char *folder;
    unsigned inputs;
} replay;

static god_status run_file(replay *state, const char *path, god_error *err)
{
    char *data = NULL;
    size_t bytes = 0;
    GOD_TRY(god_file_read(path, input_bytes_max, &data, &bytes, err));
    /* An exact copy without the final NUL, so that a read past the end is seen by the address sanitizer. */
    uint8_t *exact = malloc(bytes > 0 ? bytes : 1);
    if (exact == NULL) {
        free(data);
        return god_fail(err, GOD_E_NOMEM, "out of memory");
    }
    memcpy(exact, data, bytes);
    free(data);
    (void)LLVMFuzzerTestOneInput(exact, bytes);
    free(exact);
    state->inputs++;
    return GOD_OK;
}

static god_status run_entry(void *user, const char *name, god_error *err)
{
    replay *state = user;
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(state->folder, name, path, err));
    return run_file(state, path, err);
}

int main(int argc, char **argv)
{
    replay state = {.folder = NULL};
    god_error err = GOD_ERROR_INIT;
    for (int i = 1; i < argc; i++) {
        state.folder = argv[i];
        god_status status = god_dir_each(argv[i], &state, run_entry, &err);
        if (status == GOD_E_IO && god_file_exists(argv[i])) {
            status = run_file(&state, argv[i], &err);
        }
        if (status != GOD_OK) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
    }
    printf("%u inputs\n", state.inputs);
    return state.inputs > 0 ? 0 : 1;
}
