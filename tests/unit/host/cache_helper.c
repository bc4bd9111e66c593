/* A process that makes one cache entry: test-cache-helper CACHE_DIR slow|hang
 * It prints one line when it made the entry itself. "hang" stops in the middle, with half of the entry there. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/base/signals.h"
#include "core/host/cache.h"

static int hang;

static god_status make(void *user, const char *staging_dir, god_error *err)
{
    char path[GOD_PATH_MAX];
    (void)user;
    GOD_TRY(god_path_join(staging_dir, "first", path, err));
    GOD_TRY(god_file_write(path, "1", 1, err));
    while (hang) {
        (void)pause();
    }
    (void)usleep(20 * 1000); /* long enough for the others to come and wait */
    GOD_TRY(god_path_join(staging_dir, "second", path, err));
    GOD_TRY(god_file_write(path, "2", 1, err));
    (void)printf("made\n");
    return GOD_OK;
}

int main(int argc, char **argv)
{
    char dir[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    const gdi_cache_maker maker = {.make = make};
    gdi_signals_die_with_parent();
    hang = argc > 2 && argv[2][0] == 'h';
    if (argc < 3 || gdi_cache_get(argv[1], "god.test", "key-1", &maker, dir, &err) != GOD_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    (void)printf("%s\n", dir);
    return 0;
}
