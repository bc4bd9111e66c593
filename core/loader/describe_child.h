/* core/loader/describe_child.h: the child's side of describing a plug-in, `god-worker --describe FILE`.
 *
 * Frames, in this order (see core/base/frame.h):
 *   {"stage": "its opening"}    before foreign code runs, one for each step; the last one tells where it ended
 *   {"description": {...}}      a description or a refusal (core/loader/info.h), then the child ends
 *
 * The descriptor of the frames is moved out of the way first, so that a plug-in that prints to descriptor 3 by mistake
 * hits nothing, and the child ends without running the plug-in's exit handlers.
 */
#ifndef GDI_LOADER_DESCRIBE_CHILD_H
#define GDI_LOADER_DESCRIBE_CHILD_H

/* Never returns to the caller once foreign code has run; returns an exit status only when no frame can be written. */
int gdi_describe_child(const char *path);

#endif
