/* core/trainer/store_shown.h: a record as the interface shows it: made from a request, and read back from its file
 * (training specification 2.3). Internal to core/trainer/store*.c. [any] */
#ifndef GDI_TRAINER_STORE_SHOWN_H
#define GDI_TRAINER_STORE_SHOWN_H

#include "core/trainer/store.h"

/* The record of a job that begins now. GOD_E_DATA for a request without the members that a record needs. */
god_status gdi_shown_make(const json_t *request, const char *id, int64_t now_us, gdi_record *ret_record,
                          god_error *err);
/* Takes `shown`, on failure too, and fills the rest of the record from it. */
god_status gdi_shown_take(const char *where, json_t *shown, gdi_record *ret_record, god_error *err);

const char *gdi_shown_status(uint32_t status); /* "training"; static text */
json_t *gdi_shown_time(int64_t time_us);       /* 0: null. A new reference; NULL: no memory */

#endif
