/* core/runner/container/progress.h: the answer of an engine to work that takes a while: one JSON object per line.
 *
 * {"error": "sentence"} says that it failed, although HTTP said 200 long before; everything else is for the caller.
 * Lines that are longer than 256 KiB or no JSON are passed over. Zero-initialise, end with clear. [one] Source: Docker
 * Engine API 1.41, "Build an image" and "Create an image".
 */
#ifndef GDI_RUNNER_CONTAINER_PROGRESS_H
#define GDI_RUNNER_CONTAINER_PROGRESS_H

#include <jansson.h>

#include "god/error.h"
#include "god/helpers/text.h"

typedef struct gdi_progress {
    god_text line; /* own: the line that is being put together */
    uint32_t too_long;
    char failure[400]; /* the engine's first sentence; "" while there is none */
} gdi_progress;

/* One object, borrowed. What it returns ends the reading. */
typedef god_status gdi_progress_seen(void *user, const json_t *object, god_error *err);

/* The next bytes of the answer. */
god_status gdi_progress_take(gdi_progress *progress, const char *bytes, size_t count, gdi_progress_seen *seen,
                             void *user, god_error *err);
/* After the last byte: a line may lack its end. */
god_status gdi_progress_finish(gdi_progress *progress, gdi_progress_seen *seen, void *user, god_error *err);
void gdi_progress_clear(gdi_progress *progress);

#endif
