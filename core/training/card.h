/* core/training/card.h: what a model's card says of its base. [any] */
#ifndef GDI_TRAINING_CARD_H
#define GDI_TRAINING_CARD_H

#include <stddef.h>

enum { GDI_CARD_NAME_BYTES = 201 }; /* a name of the hub, and its end */

/* The value of "base_model:" in the block between the first two lines of "---" of a README.md: a name, or the first
 * name of a list; quotes and blanks around it do not count. ret_name is "" when there is none, or it is no name of a
 * repository of the hub. `card` has any bytes, and need not end. */
void gdi_card_base(const char *card, size_t bytes, char ret_name[GDI_CARD_NAME_BYTES]);

#endif
