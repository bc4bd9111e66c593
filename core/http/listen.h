/* core/http/listen.h: the sockets that servers listen on. [any] */
#ifndef GDI_HTTP_LISTEN_H
#define GDI_HTTP_LISTEN_H

#include "god/error.h"

/* "127.0.0.1:8080", "[::1]:8080" or ":8080" (every address of this machine); port 0 takes a free one. *ret_port is the
 * port that was taken. GOD_E_INVALID for another form, GOD_E_IO when the address cannot be had. */
god_status gdi_listen_tcp(const char *address, int *ret_fd, uint32_t *ret_port, god_error *err);

enum { GDI_LISTEN_UNIX_BYTES_MAX = 107 }; /* of a socket's path, as the system has it */

/* A Unix socket of mode 0600. One that a dead process left behind is replaced; GOD_E_INVALID when somebody answers on
 * it, or the path is longer than the system allows. */
god_status gdi_listen_unix(const char *path, int *ret_fd, god_error *err);

#endif
