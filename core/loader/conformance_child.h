/* core/loader/conformance_child.h: the child's side of the conformance suite.
 *
 *     god-worker --conformance FILE SO_FAR WORK_DIR [--task FILE] [--data FILE] [--base DIR] [--submission NAME=DIR]...
 *
 * SO_FAR has one letter for each check that earlier children brought to an end ("p" passed, "f" failed, "s" skipped,
 * "b" skipped because a check that it builds on failed); the checks after those are run. Frames, for each check:
 * {"begin": "task-rubbish"}, then {"verdict": "f", "message": "..."}; {"done": true} after the last.
 */
#ifndef GDI_LOADER_CONFORMANCE_CHILD_H
#define GDI_LOADER_CONFORMANCE_CHILD_H

/* argv[0] is FILE. Never returns to the caller once foreign code has run; returns an exit status when the arguments
 * are wrong or no frame can be written. */
int gdi_conformance_child(int argc, char **argv);

#endif
