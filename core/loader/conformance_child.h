/* core/loader/conformance_child.h: the child's side of the conformance suite.
 *
 *     god-worker --conformance FILE FIRST WORK_DIR [--task FILE] [--data FILE] [--base DIR] [--submission NAME=DIR]...
 *
 * runs the checks from number FIRST on. Frames, for each check: {"begin": "check-rubbish"}, then {"verdict": 2,
 * "message": "..."}; {"done": true} after the last. FIRST is not 0 when an earlier child did not come back from a
 * check.
 */
#ifndef GDI_LOADER_CONFORMANCE_CHILD_H
#define GDI_LOADER_CONFORMANCE_CHILD_H

/* argv[0] is FILE. Never returns to the caller once foreign code has run; returns an exit status when the arguments
 * are wrong or no frame can be written. */
int gdi_conformance_child(int argc, char **argv);

#endif
