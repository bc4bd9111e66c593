/* core/jail/seal.h: a process gives up what it could do to others, for good.
 *
 * After gdi_seal the process can compute, allocate and write to descriptors 1, 2 and 3. It cannot open a file, reach a
 * network, start or signal a process, map executable memory or gain a privilege. Layers, each enough on its own
 * against most escapes: limits (memory, CPU time, file size, processes), empty capability sets with no_new_privs,
 * namespaces of its own where the kernel grants them, a Landlock rule set without rules where the kernel has it, and
 * a seccomp filter that answers EPERM to what is not on its short list and kills for what no honest program asks.
 * Without seccomp the seal fails: there is no unsafe way to go on.
 *
 * Call it once, from the only thread, after everything that must be read has been read. [one]
 */
#ifndef GDI_JAIL_SEAL_H
#define GDI_JAIL_SEAL_H

#include "god/error.h"

typedef struct gdi_seal_limits {
    uint64_t memory_bytes; /* of address space; not applied in builds with the address or thread sanitizer */
    uint64_t cpu_s;        /* processor time; at its end the process dies of SIGXCPU */
} gdi_seal_limits;

god_status gdi_seal(const gdi_seal_limits *limits, god_error *err);

#endif
