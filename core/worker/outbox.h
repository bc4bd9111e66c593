/* core/worker/outbox.h: the worker's end of the frame pipe. Frames of several threads never mix. [any] */
#ifndef GDI_WORKER_OUTBOX_H
#define GDI_WORKER_OUTBOX_H

#include <jansson.h>
#include <pthread.h>

#include "god/error.h"

typedef struct gdi_outbox {
    int fd;
    pthread_mutex_t lock; /* guards fd: one frame at a time */
} gdi_outbox;

/* Moves the descriptor of the frames out of the way, so that a plug-in that prints to descriptor 3 by mistake hits
 * nothing and its children do not inherit the pipe. Before any other thread exists. */
god_status gdi_outbox_open(gdi_outbox *outbox, god_error *err);

/* Sends one frame and frees it, on failure too; NULL means that there was no memory to build it. */
god_status gdi_outbox_send_take(gdi_outbox *outbox, json_t *frame, god_error *err);

/* A JSON string of foreign text: bytes that are not UTF-8 become '?', more than bytes_max are cut. NULL only without
 * memory. */
json_t *gdi_outbox_text(const char *text, size_t bytes_max);

#endif
