#include "core/training/split.h"

#include <inttypes.h>

god_status gdi_split_text(uint64_t rows, uint64_t *ret_test_rows, god_error *err)
{
    if (rows < GDI_TEXT_ROWS_MIN) {
        return god_fail(err, GOD_E_DATA, "the data set has %" PRIu64 " rows, at least %d are needed", rows,
                        GDI_TEXT_ROWS_MIN);
    }
    *ret_test_rows = rows / 10 < GDI_TEXT_TEST_ROWS_MAX ? rows / 10 : GDI_TEXT_TEST_ROWS_MAX;
    return GOD_OK;
}

god_status gdi_split_images(uint64_t pairs, uint64_t *ret_test_pairs, god_error *err)
{
    if (pairs < GDI_IMAGE_PAIRS_MIN || pairs > GDI_IMAGE_PAIRS_MAX) {
        return god_fail(err, GOD_E_DATA, "the data set has %" PRIu64 " pairs of image and text, %d to %d are needed",
                        pairs, GDI_IMAGE_PAIRS_MIN, GDI_IMAGE_PAIRS_MAX);
    }
    *ret_test_pairs = (pairs + 9) / 10;
    return GOD_OK;
}
