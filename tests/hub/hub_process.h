/* tests/hub/hub_process.h: hub.py as a child of a test. */
#ifndef TEST_HUB_PROCESS_H
#define TEST_HUB_PROCESS_H

#include <stdio.h>
#include <sys/types.h>

typedef struct hub_process {
    pid_t pid;
    int stdin_fd; /* closing it ends the child */
    int port;
    char endpoint[64], log[256];
} hub_process;

void hub_process_start(hub_process *hub); /* fails the test when it cannot */
/* The same with folders as further repositories: NULL-ended "OWNER/NAME=DIR", at most HUB_FOLDERS_MAX. */
enum { HUB_FOLDERS_MAX = 8 };
void hub_process_start_with(hub_process *hub, const char *const *folders);
void hub_process_stop(hub_process *hub);
/* How many lines of the log hold both texts; b may be NULL. */
int hub_process_logged(const hub_process *hub, const char *a, const char *b);

#endif
