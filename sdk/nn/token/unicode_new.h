/* unicode_new.h: code points that Unicode 15, 15.1 and 16 have assigned, with their general category. PCRE2 10.42 knows
 * Unicode 14; the tokenizers library (0.22) matches with Unicode 16. [any] */
#ifndef GDT_UNICODE_NEW_H
#define GDT_UNICODE_NEW_H

#include <stddef.h>
#include <stdint.h>

typedef struct gdt_new_codes {
    uint32_t first, last;
    uint32_t category; /* utf8proc_category_t */
} gdt_new_codes;

/* All of them, ascending; static. */
const gdt_new_codes *gdt_new_codes_list(size_t *ret_count);
const gdt_new_codes *gdt_new_codes_find(uint32_t code); /* NULL: none of them */

#endif
