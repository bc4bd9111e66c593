/* core/base/signals.h: how a program of ours is asked to stop, and how it makes sure that it does not outlive its
 * parent. Called from main, before other threads exist. */
#ifndef GDI_BASE_SIGNALS_H
#define GDI_BASE_SIGNALS_H

#include <stdint.h>

/* From now on SIGINT and SIGTERM are counted instead of ending the process, and SIGPIPE is ignored, so that a reader
 * that went away is an error of `write`. */
void gdi_signals_catch(void);
uint32_t gdi_signals_stop_count(void); /* how often SIGINT or SIGTERM came since then; cheap [any] */

/* For a program that gdi_child_start starts: arranges that the kernel kills it when the thread that started it ends,
 * and ends it at once when that has happened already. Does nothing for a program that people start by hand. */
void gdi_signals_die_with_parent(void);

/* A name for people: "segmentation fault". Static text. */
const char *gdi_signals_name(int signal_number);

#endif
