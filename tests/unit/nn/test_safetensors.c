#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "format/safetensors.h"
#include "god/helpers/file.h"

/* The bytes of a file: the length of the header (or the one stated), the header, `data` zero bytes. */
typedef struct bad_file {
    const char *header;
    size_t data;
    uint64_t stated_header_bytes; /* 0: the real one */
    const char *message;
} bad_file;

static uint8_t *build(const bad_file *file, size_t *ret_bytes)
{
    size_t header = strlen(file->header);
    uint64_t stated = file->stated_header_bytes != 0 ? file->stated_header_bytes : header;
    uint8_t *bytes = calloc(8 + header + file->data + 1, 1);
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, &stated, 8);
    memcpy(bytes + 8, file->header, header);
    *ret_bytes = 8 + header + file->data;
    return bytes;
}

#define T(name, dtype, shape, begin, end) \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"

static const bad_file bad_files[] = {
    {"[]", 0, 0, "f: the header is not an object"},
    {"{", 0, 0, "f: line 1, column 1: string or '}' expected near end of file"},
    {"{}", 0, 3, "f: the file is cut short: a header of 3 bytes, 2 present"},
    {"{}", 0, UINT64_MAX, "f: a header of 18446744073709551615 bytes, at most 100000000 are read"},
    {"{}", 0, 100000001, "f: a header of 100000001 bytes, at most 100000000 are read"},
    {"{}", 5, 0, "f: 5 bytes after the last tensor belong to nothing"},
    {"{" T("a", "F32", "[2]", 0, 8) "}", 7, 0, "f: the file is cut short: 70 bytes expected, 69 present"},
    {"{" T("a", "F32", "[2]", 0, 8) "}", 9, 0, "f: 1 bytes after the last tensor belong to nothing"},
    {"{" T("a", "F32", "[2]", 0, 8) "," T("a", "F32", "[2]", 8, 16) "}", 16, 0,
     "f: line 1, column 57: duplicate object key near '\"a\"'"},
    {"{" T("a", "F32", "[2]", 0, 8) "," T("b", "F32", "[2]", 4, 12) "}", 12, 0, "f: tensors \"a\" and \"b\" overlap"},
    {"{" T("a", "F32", "[2]", 0, 8) "," T("b", "F32", "[2]", 0, 8) "}", 8, 0, "f: tensors \"a\" and \"b\" overlap"},
    {"{" T("a", "F32", "[2]", 0, 8) "," T("b", "F32", "[2]", 12, 20) "}", 20, 0,
     "f: a hole of 4 bytes before tensor \"b\""},
    {"{" T("a", "F32", "[2]", 4, 12) "}", 12, 0, "f: a hole of 4 bytes before tensor \"a\""},
    {"{" T("a", "F32", "[3]", 0, 8) "}", 8, 0,
     "f: tensor \"a\": its shape and type need 12 bytes, \"data_offsets\" give it 8"},
    {"{" T("a", "BF16", "[2]", 0, 8) "}", 8, 0,
     "f: tensor \"a\": its shape and type need 4 bytes, \"data_offsets\" give it 8"},
    {"{" T("a", "F32", "[2]", 8, 0) "}", 8, 0, "f: tensor \"a\": \"data_offsets\" [8, 0] is not a range"},
    {"{" T("a", "F32", "[2]", -8, 0) "}", 8, 0, "f: tensor \"a\": \"data_offsets\" [-8, 0] is not a range"},
    {"{" T("a", "F32", "[2]", 0, 8.0) "}", 8, 0,
     "f: tensor \"a\": \"data_offsets\" is not an array of two whole numbers"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,9]}}", 8, 0,
     "f: tensor \"a\": \"data_offsets\" is not an array of two whole numbers"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, 0,
     "f: tensor \"a\": \"data_offsets\" is not an array of two whole numbers"},
    {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8, 0, "f: tensor \"a\": \"shape\" is not an array"},
    {"{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, 0, "f: tensor \"a\": \"dtype\" is missing or not a string"},
    {"{" T("a", "F31", "[2]", 0, 8) "}", 8, 0, "f: tensor \"a\": unknown dtype \"F31\""},
    {"{" T("a", "F32", "[-2]", 0, 8) "}", 8, 0, "f: tensor \"a\": \"shape\" holds -2, 0 or more is needed"},
    {"{" T("a", "F32", "[2.0]", 0, 8) "}", 8, 0, "f: tensor \"a\": \"shape\" holds something other than whole numbers"},
    {"{" T("a", "F32", "[1,1,1,1,1,1,1,1,2]", 0, 8) "}", 8, 0, "f: tensor \"a\": 9 dimensions, at most 8 are read"},
    {"{" T("a", "F32", "[4294967296,4294967296]", 0, 0) "}", 0, 0,
     "f: tensor \"a\": the shape has more elements than a file can hold"},
    {"{" T("a", "F32", "[9223372036854775807]", 0, 0) "}", 0, 0,
     "f: tensor \"a\": the shape has more elements than a file can hold"},
    {"{" T("a", "F32", "[9223372036854775808]", 0, 0) "}", 0, 0,
     "f: line 1, column 48: too big integer near '9223372036854775808'"},
    {"{" T("a", "F32", "[2]", 0, 9223372036854775800) "}", 8, 0,
     "f: tensor \"a\": its shape and type need 8 bytes, \"data_offsets\" give it 9223372036854775800"},
    {"{\"a\":7}", 0, 0, "f: tensor \"a\": its entry is not an object"},
    {"{\"__metadata__\":[]}", 0, 0, "f: \"__metadata__\" is not an object"},
    {"{\"__metadata__\":{\"format\":1}}", 0, 0, "f: \"__metadata__\": \"format\" is not a string"},
    {"{\"a\\u0000b\":{}}", 0, 0, "f: line 1, column 11: NUL byte in object key not supported near '\"a\\u0000b\"'"},
};

START_TEST(test_nn_safetensors__names_what_is_wrong)
{
    const bad_file *bad = &bad_files[_i];
    god_error err = GOD_ERROR_INIT;
    gnn_safetensors *file = NULL;
    size_t count = 0;
    uint8_t *bytes = build(bad, &count);
    ck_assert_int_eq(gnn_safetensors_open_bytes(bytes, count, "f", &file, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, bad->message);
    ck_assert_ptr_null(file);
    free(bytes);
}
END_TEST

START_TEST(test_nn_safetensors__refuses_a_file_shorter_than_its_length_field)
{
    god_error err = GOD_ERROR_INIT;
    gnn_safetensors *file = NULL;
    ck_assert_int_eq(gnn_safetensors_open_bytes("1234567", 7, "f", &file, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "f: 7 bytes are too few for a safetensors file");
}
END_TEST

START_TEST(test_nn_safetensors__reads_tensors_in_the_order_of_their_data)
{
    const bad_file good = {"{\"__metadata__\":{\"format\":\"pt\"}," T("b", "BF16", "[2,3]", 4, 16) "," T(
                               "a", "F32", "[]", 0, 4) "," T("none", "F32", "[0,7]", 16, 16) "}   ",
                           16, 0, NULL};
    god_error err = GOD_ERROR_INIT;
    gnn_safetensors *file = NULL;
    size_t count = 0;
    uint8_t *bytes = build(&good, &count);
    ck_assert_msg(gnn_safetensors_open_bytes(bytes, count, "f", &file, &err) == GOD_OK, "%s", err.message);
    ck_assert_uint_eq(gnn_safetensors_count(file), 3);
    const gnn_tensor *a = gnn_safetensors_at(file, 0), *b = gnn_safetensors_at(file, 1);
    ck_assert_str_eq(a->name, "a");
    ck_assert_uint_eq(a->rank, 0);
    ck_assert_int_eq(a->elements, 1);
    ck_assert_str_eq(b->name, "b");
    ck_assert_str_eq(b->dtype, "BF16");
    ck_assert_int_eq(b->shape[1], 3);
    ck_assert_ptr_eq(b->data, bytes + count - 16 + 4);
    ck_assert_int_eq(gnn_safetensors_at(file, 2)->elements, 0);
    gnn_safetensors_close(file);
    free(bytes);
}
END_TEST

START_TEST(test_nn_safetensors__says_that_a_file_is_not_there)
{
    god_error err = GOD_ERROR_INIT;
    gnn_safetensors *file = NULL;
    ck_assert_int_eq(gnn_safetensors_open("nowhere.safetensors", "nowhere.safetensors", &file, &err), GOD_E_NOT_FOUND);
    ck_assert_str_eq(err.message, "cannot open nowhere.safetensors: No such file or directory");
    ck_assert_int_eq(gnn_safetensors_open(".", "folder", &file, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "folder: not a regular file");
}
END_TEST

/* Pages of files that this process holds. */
static long file_pages(void)
{
    long all = 0, resident = 0, shared = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%ld %ld %ld", &all, &resident, &shared), 3);
    (void)fclose(file);
    return shared;
}

static uint64_t sum_of(const gnn_tensor *tensor)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < tensor->bytes; i++) {
        sum += tensor->data[i];
    }
    return sum;
}

START_TEST(test_nn_safetensors__released_bytes_leave_and_can_be_read_again)
{
    enum { bytes_of_tensor = 8 << 20 };
    const bad_file good = {"{" T("a", "U8", "[8388608]", 0, 8388608) "}", bytes_of_tensor, 0, NULL};
    const char *path = "released.safetensors";
    god_error err = GOD_ERROR_INIT;
    gnn_safetensors *mapped = NULL, *borrowed = NULL;
    size_t count = 0;
    uint8_t *bytes = build(&good, &count);
    memset(bytes + count - bytes_of_tensor, 3, bytes_of_tensor);
    ck_assert_int_eq(god_file_write(path, bytes, count, &err), GOD_OK);
    ck_assert_int_eq(gnn_safetensors_open(path, path, &mapped, &err), GOD_OK);
    ck_assert_int_eq(gnn_safetensors_open_bytes(bytes, count, "f", &borrowed, &err), GOD_OK);
    const gnn_tensor *here = gnn_safetensors_at(mapped, 0), *there = gnn_safetensors_at(borrowed, 0);
    ck_assert_uint_eq(sum_of(here), 3ull * bytes_of_tensor);
    long held = file_pages();
    gnn_tensor_release(here, 0, here->bytes);
    ck_assert_int_le(file_pages(), held - bytes_of_tensor / 2 / sysconf(_SC_PAGESIZE));
    gnn_tensor_release(there, 0, there->bytes); /* memory of somebody else stays as it is */
    ck_assert_uint_eq(sum_of(there), 3ull * bytes_of_tensor);
    ck_assert_uint_eq(sum_of(here), 3ull * bytes_of_tensor);
    gnn_safetensors_close(mapped);
    gnn_safetensors_close(borrowed);
    (void)unlink(path);
    free(bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_safetensors");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, test_nn_safetensors__names_what_is_wrong, 0,
                        (int)(sizeof bad_files / sizeof bad_files[0]));
    tcase_add_test(tests, test_nn_safetensors__refuses_a_file_shorter_than_its_length_field);
    tcase_add_test(tests, test_nn_safetensors__reads_tensors_in_the_order_of_their_data);
    tcase_add_test(tests, test_nn_safetensors__says_that_a_file_is_not_there);
    tcase_add_test(tests, test_nn_safetensors__released_bytes_leave_and_can_be_read_again);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
