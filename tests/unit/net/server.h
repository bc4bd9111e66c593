/* tests/unit/net/server.h: a small HTTP server on the loopback, on a thread of its own, that misbehaves on request.
 *
 *   /file       200, or 206 for a Range
 *   /drop       the first three answers break off in the middle; Range is honoured
 *   /forgetful  the first answer breaks off in the middle; Range is not honoured
 *   /busy       503 twice, then as /file
 *   /down       500 always
 *   /missing    404      /gone 410      /forbidden 403
 *   /moved      302 to /file    /round 302 to itself    /away 302 to another host
 *   /endless    bytes without end and without a length
 *   /silent     no answer
 */
#ifndef GDI_TEST_SERVER_H
#define GDI_TEST_SERVER_H

#include <pthread.h>
#include <stddef.h>

enum { SERVER_FILE_BYTES = 300 * 1000 };

typedef struct server {
    int listen_fd, port;
    pthread_t thread;
    pthread_mutex_t lock; /* guards requests */
    int requests;         /* answered so far */
    int stop_fds[2];
} server;

void server_start(server *s);
void server_stop(server *s);
int server_requests(server *s);
/* Byte i of the file. */
unsigned char server_file_byte(size_t i);

#endif
