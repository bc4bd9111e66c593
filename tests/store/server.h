/* tests/store/server.h: a PostgreSQL server of a test's own.
 *
 * The Debian package's programs, as an unprivileged user (initdb refuses root, so root becomes "nobody"), in a folder
 * of its own below /tmp, on a Unix socket alone: no port, no cluster of the distribution. The server
 * dies with the process that started it; test_server_stop removes the folder, which a test that is killed leaves
 * behind. Its databases sort texts by language, so that a query that forgot to say "by bytes" is found out. fsync is
 * off: what survives kill -9 is in the kernel already.
 *
 *     char why[256];
 *     test_server *server = test_server_start(why, sizeof why);
 *     if (server == NULL) { puts(why); ... skip ... }
 *     test_server_database(server, "season", url, sizeof url);     an empty database; url for gdi_db_open
 *     test_server_kill(server);                                    SIGKILL to all of its processes
 *     test_server_restart(server);                                 on the same data
 *     test_server_stop(server);
 */
#ifndef TEST_STORE_SERVER_H
#define TEST_STORE_SERVER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct test_server test_server;

/* NULL when there is no server to start; `why` is a sentence then. Call it from the main thread. */
test_server *test_server_start(char *why, size_t why_bytes);
void test_server_stop(test_server *server); /* accepts NULL; removes its folder */

/* Makes an empty database (name: a-z, 0-9, _) and writes its address. false: it cannot be made. */
bool test_server_database(test_server *server, const char *name, char *url, size_t url_bytes);

void test_server_kill(test_server *server);
/* Stops all of its processes without ending them, as a machine that hangs; and lets them go on. */
void test_server_hang(test_server *server);
void test_server_go_on(test_server *server);
bool test_server_restart(test_server *server); /* false: it did not come up */

#endif
