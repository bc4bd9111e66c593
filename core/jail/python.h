/* core/jail/python.h: an embedded CPython that renders chat templates (template_side.py).
 *
 * Order: gdi_python_start reads everything from disk, then the caller seals the process, then compile and render.
 * One interpreter per process, never shut down: the process ends with _exit, so no finaliser of a template runs. [one]
 */
#ifndef GDI_JAIL_PYTHON_H
#define GDI_JAIL_PYTHON_H

#include "god/error.h"

god_status gdi_python_start(int64_t now_s, god_error *err);
/* GOD_E_DATA with Jinja2's own message. */
god_status gdi_python_compile(const char *source, god_error *err);
/* context_json: the variables, one JSON object. *ret_text is owned by the interpreter, valid until the next call. */
god_status gdi_python_render(const char *context_json, const char **ret_text, size_t *ret_bytes, god_error *err);

#endif
