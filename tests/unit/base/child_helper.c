/* What the tests of core/base/child.c start: argv[1] says how to behave. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/frame.h"
#include "core/base/signals.h"

static int write_frames(int count)
{
    god_error err = GOD_ERROR_INIT;
    for (int i = 0; i < count; i++) {
        char json[32];
        (void)snprintf(json, sizeof json, "{\"n\":%d}", i);
        if (gdi_frame_write(GDI_FRAME_FD, json, strlen(json), &err) != GOD_OK) {
            return 1;
        }
    }
    return 0;
}

static _Noreturn void sleep_for_ever(void)
{
    for (;;) {
        (void)pause();
    }
}

/* Starts a second process that holds all our pipes, says its number in a frame, and ends without waiting for it. */
static int leave_grandchild(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        sleep_for_ever();
    }
    char json[32];
    god_error err = GOD_ERROR_INIT;
    (void)snprintf(json, sizeof json, "{\"pid\":%ld}", (long)pid);
    return gdi_frame_write(GDI_FRAME_FD, json, strlen(json), &err) == GOD_OK ? 0 : 1;
}

static int print_much(void)
{
    for (int i = 0; i < 40000; i++) {
        (void)printf("line %d\n", i);
    }
    (void)fputs("the last line", stdout);
    return 0;
}

static int print_input(void)
{
    int byte = 0;
    while ((byte = getchar()) != EOF) {
        (void)putchar(byte);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    if (strcmp(how, "env") == 0) {
        (void)printf("parent %s, secret %s, extra %s\n", getenv(GDI_CHILD_PARENT_ENV) == NULL ? "no" : "yes",
                     getenv("GOD_TEST_SECRET") == NULL ? "no" : "yes", getenv("EXTRA"));
        return 0;
    }
    gdi_signals_die_with_parent();
    if (strcmp(how, "frames") == 0) {
        return write_frames(3);
    }
    if (strcmp(how, "many") == 0) {
        return write_frames(100000);
    }
    if (strcmp(how, "input") == 0) {
        return print_input();
    }
    if (strcmp(how, "exit") == 0) {
        return 7;
    }
    if (strcmp(how, "segv") == 0) {
        (void)signal(SIGSEGV, SIG_DFL);
        (void)raise(SIGSEGV);
    }
    if (strcmp(how, "stubborn") == 0) {
        (void)signal(SIGTERM, SIG_IGN);
        (void)write_frames(1);
        sleep_for_ever();
    }
    if (strcmp(how, "sleep") == 0) {
        (void)write_frames(1);
        sleep_for_ever();
    }
    if (strcmp(how, "grandchild") == 0) {
        return leave_grandchild();
    }
    if (strcmp(how, "much") == 0) {
        return print_much();
    }
    if (strcmp(how, "bad-frame") == 0) {
        return write(GDI_FRAME_FD, "\xff\xff\xff\xff{}", 6) == 6 ? 0 : 1;
    }
    return 64;
}
