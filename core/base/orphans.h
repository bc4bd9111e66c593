/* core/base/orphans.h: processes that got away. A plug-in may start a process in a session of its own, which the kill
 * of its worker's group does not reach. Whoever supervises a worker adopts such orphans when the worker ends, and ends
 * them. For processes that run one worker at a time and have no other children. */
#ifndef GDI_BASE_ORPHANS_H
#define GDI_BASE_ORPHANS_H

void gdi_orphans_adopt(void); /* from now on orphans below this process become its children */
void gdi_orphans_end(void);   /* kills and reaps every child of this process, and theirs as they come */

#endif
