/* core/jail/render.h: renders chat templates in god-jail; the host's side of god/template.h.
 *
 * One god-jail process per call, started with the request in a file of its own in work_dir, which is removed
 * afterwards. The process can lie about the text that it renders, and about nothing else: frames are checked for
 * order, count and size. Threads: [any], each call stands alone.
 */
#ifndef GDI_JAIL_RENDER_H
#define GDI_JAIL_RENDER_H

#include "god/error.h"
#include "god/template.h"

enum { GDI_RENDER_TEXT_BYTES_MAX = 64 << 20 }; /* of one rendering */

typedef struct gdi_render_options {
    const char *jail_path;  /* the god-jail program */
    const char *work_dir;   /* for the request file */
    uint64_t time_limit_ms; /* when the request states none */
    uint64_t memory_bytes;  /* address space of the process; 0: 2 GiB */
} gdi_render_options;

typedef god_status (*gdi_rendered)(void *user, uint64_t index, const char *text, size_t bytes);

god_status gdi_render(const gdi_render_options *options, const god_template_request *request, void *user,
                      gdi_rendered rendered, god_error *err);

#endif
