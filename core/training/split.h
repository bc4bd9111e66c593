/* core/training/split.h: how many rows of a data set are kept for the test (training specification 20.1). [any] */
#ifndef GDI_TRAINING_SPLIT_H
#define GDI_TRAINING_SPLIT_H

#include "god/error.h"

enum { GDI_TEXT_ROWS_MIN = 4000, GDI_TEXT_TEST_ROWS_MAX = 1000, GDI_IMAGE_PAIRS_MIN = 10, GDI_IMAGE_PAIRS_MAX = 50 };

/* A tenth, rounded down, at most GDI_TEXT_TEST_ROWS_MAX. GOD_E_DATA for fewer than GDI_TEXT_ROWS_MIN rows. */
god_status gdi_split_text(uint64_t rows, uint64_t *ret_test_rows, god_error *err);
/* A tenth, rounded up. GOD_E_DATA for fewer or more pairs than allowed. */
god_status gdi_split_images(uint64_t pairs, uint64_t *ret_test_pairs, god_error *err);

#endif
