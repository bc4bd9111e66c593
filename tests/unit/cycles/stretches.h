/* Stretches of work for tests that break something: what is before one turn, that turn with the fault in it, and then
 * turns until all is done. The rows must be those of a stretch that nothing broke. */
#ifndef TEST_CYCLES_STRETCHES_H
#define TEST_CYCLES_STRETCHES_H

#include "stage.h"

typedef struct stretch {
    const char *name;
    void (*prepare)(stage *s); /* everything up to the turn that is broken */
    uint32_t statements_least; /* how many statements that turn has at least */
} stretch;

extern const stretch stretches[]; /* ended by a NULL name */

typedef struct stretch_fault {
    void (*begin)(stage *s, void *user);
    void (*end)(stage *s, void *user);
    void *user;
    bool kill; /* go on with a new cycles object, as after a restart */
} stretch_fault;

/* All rows afterwards, the caller's to free(). */
char *stretch_play(stage *s, const stretch *work, const stretch_fault *fault);
/* Ends the test with the first line that differs. */
void stretch_assert_same(const stretch *work, uint64_t fault, const char *whole, const char *dump);

#endif
