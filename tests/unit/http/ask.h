/* One request to a server of this thread: bytes in, bytes out. */
#ifndef TEST_HTTP_ASK_H
#define TEST_HTTP_ASK_H

#include "core/http/server.h"

typedef struct reply {
    int status;      /* 0: the connection ended without an answer */
    char head[4096]; /* NUL-ended */
    char *body;      /* own; NUL-ended */
    json_t *json;    /* own; NULL when the body is none */
} reply;

/* A connection to the server's port or Unix socket. */
int ask_connect(const gdi_server *server, const char *unix_path);
/* Turns the server until it has answered the bytes, or closed. */
reply ask_raw(gdi_server *server, int fd, const char *bytes, size_t count);
/* "GET /path", with further header lines ("A: b\r\n") or "". */
reply ask(gdi_server *server, const char *method_and_target, const char *headers, const char *body_or_null);
void reply_clear(reply *r);
/* The value of a header, or NULL; static room. */
const char *reply_header(const reply *r, const char *name);

#endif
