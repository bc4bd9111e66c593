/* core/worker/inner.h: `god-worker --inner JOBDIR`, the process in which a plug-in runs. Everything that it has to say
 * leaves it as frames (core/worker/collect.h); its supervisor is the parent. */
#ifndef GDI_WORKER_INNER_H
#define GDI_WORKER_INNER_H

/* Ends the process itself once foreign code has run: neither exit handlers nor destructors of the plug-in do. Returns
 * an exit status only when no frame can be written. */
int gdi_worker_inner(const char *job_dir);

#endif
