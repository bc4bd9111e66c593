/* Allocations of the program under test, counted, tracked and made to fail. The linker sends malloc and its kin here
 * (--wrap); what libraries allocate inside themselves is not seen. One thread. */
#ifndef TEST_LOADER_FAILING_ALLOC_H
#define TEST_LOADER_FAILING_ALLOC_H

#include <stddef.h>

void failing_alloc_begin(size_t fail_at); /* the fail_at-th allocation from now on fails; 0: none */
size_t failing_alloc_end(void);           /* allocations since then; none fails any more */
size_t failing_alloc_live(void);          /* blocks that were allocated through here and not freed */
void failing_alloc_use_in_jansson(void);

#endif
