/* scripts.h: the script of a code point, as the UnicodeScripts pre-tokenizer sees it. [any] */
#ifndef GDT_SCRIPTS_H
#define GDT_SCRIPTS_H

#include <stdint.h>

/* A number per script; 0 for the blank and for what has none. */
uint32_t gdt_script(uint32_t code);

#endif
