#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/store/moment.h"
#include "tests/unit/store/stores.h"

static god_error failed;

static const char *const things =
    "CREATE TABLE things (name {text} PRIMARY KEY, n {int}, x {real}, {time at}, {json doc},"
    " {bool flag}, parent {text} REFERENCES things (name), CHECK (n <> 13)) {table}";

static gdi_db *open_things(int engine)
{
    gdi_db *db = stores_open(stores_new(engine));
    stores_script(db, things);
    return db;
}

START_TEST(test_store_db__keeps_every_value)
{
    static const struct {
        int64_t n;
        double x;
        int64_t at_us;
        const char *name, *doc;
        bool flag;
    } rows[] = {
        {0, 0.0, 0, "", "null", false},
        {INT64_MAX, 0.1, GDI_MOMENT_MAX, "O'Brien; DROP TABLE things --", "{\"b\": 1,  \"a\":[1.50,\"$1\"]}", true},
        {INT64_MIN, -5e-324, GDI_MOMENT_MIN, "%s $1 ?1 \\ \"x\" {json}", "\"\\u0000 \\n\"", false},
        {-1, 1.7976931348623157e308, -1, "f\xc3\xbcr \xf0\x9f\x8f\x86\n\ttab", "[]", true},
        {1, 1.0 / 3.0, 1781791620000001, "NULL", "{\"k\":\"f\xc3\xbcr\"}", true},
    };
    gdi_db *db = open_things(_i);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t changed = 0;
        ck_ok(GDI_RUN(db, &changed, err,
                      "INSERT INTO things (name, n, x, at, doc, flag) VALUES ($1, $2, $3, $4, $5, $6)",
                      gdi_text(rows[i].name), gdi_int(rows[i].n), gdi_real(rows[i].x), gdi_time(rows[i].at_us),
                      gdi_text(rows[i].doc), gdi_bool(rows[i].flag)));
        ck_assert_uint_eq(changed, 1);
        gdi_rows *answer = NULL;
        ck_ok(GDI_QUERY(db, &answer, err, "SELECT n, x, at, name, doc, flag FROM things WHERE name = $1 AND flag = $2",
                        gdi_text(rows[i].name), gdi_bool(rows[i].flag)));
        ck_assert(gdi_rows_next(answer));
        ck_assert_int_eq(gdi_rows_int(answer, 0), rows[i].n);
        double x = gdi_rows_real(answer, 1);
        ck_assert_mem_eq(&x, &rows[i].x, sizeof x);
        ck_assert_int_eq(gdi_rows_time(answer, 2), rows[i].at_us);
        ck_assert_str_eq(gdi_rows_text(answer, 3), rows[i].name);
        ck_assert_str_eq(gdi_rows_text(answer, 4), rows[i].doc);
        ck_assert(gdi_rows_bool(answer, 5) == rows[i].flag);
        ck_assert(!gdi_rows_next(answer));
        gdi_rows_free(answer);
    }
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_db__keeps_no_number_as_null)
{
    gdi_db *db = open_things(_i);
    gdi_rows *rows = NULL;
    ck_ok(GDI_RUN(db, NULL, err, "INSERT INTO things (name, n, x, at, doc) VALUES ('a', $1, $2, $3, $4)", gdi_null(),
                  gdi_real(NAN), gdi_null(), gdi_text(NULL)));
    ck_ok(GDI_RUN(db, NULL, err, "INSERT INTO things (name, x) VALUES ('b', $1)", gdi_real(-INFINITY)));
    ck_ok(gdi_db_query(db, "SELECT n, x, at, doc FROM things ORDER BY name", NULL, 0, &rows, err));
    ck_assert_uint_eq(gdi_rows_count(rows), 2);
    while (gdi_rows_next(rows)) {
        for (size_t i = 0; i < 4; i++) {
            ck_assert(gdi_rows_is_null(rows, i));
        }
        ck_assert_int_eq(gdi_rows_int(rows, 0), 0);
        ck_assert(isnan(gdi_rows_real(rows, 1)));
        ck_assert_int_eq(gdi_rows_time(rows, 2), 0);
        ck_assert_ptr_null(gdi_rows_text(rows, 3));
    }
    gdi_rows_rewind(rows);
    ck_assert(gdi_rows_next(rows));
    gdi_rows_free(rows);
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_db__takes_parameters_in_any_order)
{
    gdi_db *db = open_things(_i);
    gdi_rows *rows = NULL;
    ck_ok(GDI_QUERY(db, &rows, err,
                    "SELECT CAST($3 AS TEXT), CAST($1 AS TEXT), CAST($3 AS TEXT), '$2', CAST($2 AS TEXT)",
                    gdi_text("a"), gdi_text("b"), gdi_text("c")));
    ck_assert(gdi_rows_next(rows));
    static const char *const wanted[] = {"c", "a", "c", "$2", "b"};
    for (size_t i = 0; i < 5; i++) {
        ck_assert_str_eq(gdi_rows_text(rows, i), wanted[i]);
    }
    gdi_rows_free(rows);
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_db__adds_up_as_whole_numbers)
{
    gdi_db *db = open_things(_i);
    gdi_rows *rows = NULL;
    ck_ok(gdi_db_run(db, "INSERT INTO things (name, n) VALUES ('a', 4611686018427387904), ('b', -1), ('B', 3)", NULL, 0,
                     NULL, err));
    ck_ok(gdi_db_query(db, "SELECT SUM(n), COUNT(*), MAX(n), COALESCE(SUM(x), 0) FROM things", NULL, 0, &rows, err));
    ck_assert(gdi_rows_next(rows));
    ck_assert_int_eq(gdi_rows_int(rows, 0), INT64_C(4611686018427387906));
    ck_assert_int_eq(gdi_rows_int(rows, 1), 3);
    ck_assert_double_eq(gdi_rows_real(rows, 3), 0.0);
    gdi_rows_free(rows);
    ck_ok(gdi_db_query(db, "SELECT name FROM things ORDER BY name", NULL, 0, &rows, err));
    static const char *const by_bytes[] = {"B", "a", "b"};
    for (size_t i = 0; gdi_rows_next(rows); i++) {
        ck_assert_str_eq(gdi_rows_text(rows, 0), by_bytes[i]);
    }
    gdi_rows_free(rows);
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_db__counts_changed_rows)
{
    gdi_db *db = open_things(_i);
    uint64_t changed = 7;
    ck_ok(gdi_db_run(db, "INSERT INTO things (name, n) VALUES ('a', 1), ('b', 2), ('c', 3)", NULL, 0, &changed, err));
    ck_assert_uint_eq(changed, 3);
    ck_ok(gdi_db_run(db, "UPDATE things SET n = 5 WHERE n > 1", NULL, 0, &changed, err));
    ck_assert_uint_eq(changed, 2);
    ck_ok(
        gdi_db_run(db, "INSERT INTO things (name) VALUES ('a') ON CONFLICT (name) DO NOTHING", NULL, 0, &changed, err));
    ck_assert_uint_eq(changed, 0);
    ck_ok(gdi_db_run(db, "SELECT name FROM things", NULL, 0, &changed, err));
    ck_assert_uint_eq(changed, 0);
    gdi_db_close(db);
}
END_TEST

static const struct {
    god_status status;
    const char *sql;
} refused[] = {
    {GOD_E_INVALID, "INSERT INTO things (name) VALUES ($1)"},                     /* there already */
    {GOD_E_INVALID, "INSERT INTO things (name, parent) VALUES ('x', $1 || '-')"}, /* no such parent */
    {GOD_E_INVALID, "INSERT INTO things (name, n) VALUES ($1 || '+', 13)"},       /* CHECK */
    {GOD_E_INVALID, "INSERT INTO things (name, doc) VALUES ('x', $1)"},           /* no JSON */
    {GOD_E_INVALID, "INSERT INTO things (name, at) VALUES ('x', $1)"},            /* no moment */
    {GOD_E_INVALID, "INSERT INTO things (name, flag) VALUES ('x', $1)"},          /* no boolean */
    {GOD_E_INVALID, "INSERT INTO things (name, n) VALUES ('x', $1)"},             /* no number */
    {GOD_E_INTERNAL, "INSERT INTO nothing (name) VALUES ($1)"},
    {GOD_E_INTERNAL, "INSERT INTO things (nothing) VALUES ($1)"},
    {GOD_E_INTERNAL, "SELECT FROM WHERE $1"},
    {GOD_E_INTERNAL, "DELETE FROM things WHERE name = $1; DELETE FROM things"},
    {GOD_E_INTERNAL, "DELETE FROM things WHERE name = $1 AND name = $2"}, /* a value too few */
};

START_TEST(test_store_db__refuses_without_naming_values)
{
    gdi_db *db = open_things(_i);
    ck_ok(GDI_RUN(db, NULL, err, "INSERT INTO things (name) VALUES ($1)", gdi_text("s3cret")));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        ck_fails(refused[i].status, GDI_RUN(db, NULL, err, refused[i].sql, gdi_text("s3cret")));
        ck_assert_msg(strstr(failed.message, "s3cret") == NULL, "%s", failed.message);
        ck_assert_msg(failed.message[strlen(failed.message) - 1] != '\n', "%s", failed.message);
    }
    ck_assert_int_eq(stores_int(db, "SELECT COUNT(*) FROM things"), 1);
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_db__limits_what_a_value_may_be)
{
    enum { most = 16 << 20 };
    gdi_db *db = open_things(_i);
    gdi_rows *rows = NULL;
    char *text = malloc(most + 2);
    ck_assert_ptr_nonnull(text);
    (void)memset(text, 'x', most + 1);
    text[most + 1] = '\0';
    ck_fails(GOD_E_INVALID, GDI_RUN(db, NULL, err, "UPDATE things SET doc = $1", gdi_text(text)));
    text[0] = text[most - 1] = '"';
    text[most] = '\0';
    ck_ok(GDI_RUN(db, NULL, err, "INSERT INTO things (name, doc) VALUES ('long', $1)", gdi_text(text)));
    ck_ok(gdi_db_query(db, "SELECT doc FROM things", NULL, 0, &rows, err));
    ck_assert(gdi_rows_next(rows) && strcmp(gdi_rows_text(rows, 0), text) == 0);
    gdi_rows_free(rows);
    free(text);
    ck_fails(GOD_E_INVALID, GDI_RUN(db, NULL, err, "UPDATE things SET name = $1", gdi_text("\xc3(")));
    ck_fails(GOD_E_INVALID, GDI_RUN(db, NULL, err, "UPDATE things SET name = $1", gdi_text("\xed\xa0\x80")));
    ck_fails(GOD_E_INVALID, GDI_RUN(db, NULL, err, "UPDATE things SET at = $1", gdi_time(GDI_MOMENT_MAX + 1)));
    gdi_value values[300];
    for (size_t i = 0; i < 300; i++) {
        values[i] = gdi_null();
    }
    ck_fails(GOD_E_INTERNAL, gdi_db_run(db, "DELETE FROM things", values, 300, NULL, err));
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_db__forgets_statements_when_there_are_many)
{
    gdi_db *db = open_things(_i);
    char sql[64];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 700; i++) {
            (void)snprintf(sql, sizeof sql, "SELECT COUNT(*) + %d FROM things", i); /* one buffer, many texts */
            ck_assert_int_eq(stores_int(db, sql), i);
        }
    }
    gdi_db_close(db);
}
END_TEST

/* ---- transactions ---- */

static god_status add_then_fail(gdi_db *db, void *user, god_error *err)
{
    GOD_TRY(GDI_RUN(db, NULL, err, "INSERT INTO things (name) VALUES ($1)", gdi_text(user)));
    return god_fail(err, GOD_E_DATA, "the work thinks better of it");
}

static god_status add_and_ignore(gdi_db *db, void *user, god_error *err)
{
    god_error ignored = GOD_ERROR_INIT;
    GOD_TRY(GDI_RUN(db, NULL, err, "INSERT INTO things (name) VALUES ($1)", gdi_text(user)));
    (void)GDI_RUN(db, NULL, &ignored, "INSERT INTO things (name) VALUES ($1)", gdi_text(user)); /* there already */
    (void)gdi_db_run(db, "INSERT INTO things (name) VALUES ('after')", NULL, 0, NULL, &ignored);
    return GOD_OK;
}

static god_status add(gdi_db *db, void *user, god_error *err)
{
    return GDI_RUN(db, NULL, err, "INSERT INTO things (name) VALUES ($1)", gdi_text(user));
}

START_TEST(test_store_db__takes_back_what_failed)
{
    gdi_db *db = open_things(_i);
    char name[] = "a";
    ck_fails(GOD_E_DATA, gdi_db_transact(db, add_then_fail, name, err));
    ck_assert_str_eq(failed.message, "the work thinks better of it");
    ck_assert_int_eq(stores_int(db, "SELECT COUNT(*) FROM things"), 0);
    ck_fails(GOD_E_INVALID, gdi_db_transact(db, add_and_ignore, name, err));
    ck_assert_int_eq(stores_int(db, "SELECT COUNT(*) FROM things"), 0);
    ck_ok(gdi_db_transact(db, add, name, err));
    ck_assert_int_eq(stores_int(db, "SELECT COUNT(*) FROM things"), 1);
    gdi_db_close(db);
}
END_TEST

/* Two accounts of 60 each; either owner may take 100 as long as both together hold that much. Serialisable means that
 * only one of two who ask at once gets it. */
typedef struct taker {
    const char *url, *name;
    pthread_barrier_t *together;
    int taken;
} taker;

static god_status take_100(gdi_db *db, void *user, god_error *err)
{
    taker *t = user;
    gdi_rows *rows = NULL;
    t->taken = 0;
    GOD_TRY(gdi_db_query(db, "SELECT SUM(n) FROM things", NULL, 0, &rows, err));
    int64_t sum = gdi_rows_next(rows) ? gdi_rows_int(rows, 0) : 0;
    gdi_rows_free(rows);
    if (sum < 100) {
        return GOD_OK;
    }
    t->taken = 1;
    return GDI_RUN(db, NULL, err, "UPDATE things SET n = n - 100 WHERE name = $1", gdi_text(t->name));
}

enum { rounds = 30 };

static void *take_in_rounds(void *user)
{
    taker *t = user;
    gdi_db *db = stores_open(t->url);
    int total = 0;
    for (int i = 0; i < rounds; i++) {
        (void)pthread_barrier_wait(t->together);
        ck_ok(gdi_db_transact(db, take_100, t, err));
        total += t->taken;
        (void)pthread_barrier_wait(t->together);
        (void)pthread_barrier_wait(t->together); /* the main thread fills up again */
    }
    t->taken = total;
    gdi_db_close(db);
    return NULL;
}

typedef struct onlooker {
    gdi_db *writer;
    int64_t before, after;
} onlooker;

static god_status count_twice(gdi_db *db, void *user, god_error *err)
{
    onlooker *o = user;
    o->before = stores_int(db, "SELECT COUNT(*) FROM things");
    GOD_TRY(gdi_db_run(o->writer, "INSERT INTO things (name) VALUES ('meanwhile')", NULL, 0, NULL, err));
    o->after = stores_int(db, "SELECT COUNT(*) FROM things");
    return GOD_OK;
}

START_TEST(test_store_db__a_snapshot_is_one_state)
{
    const char *url = stores_new(_i);
    gdi_db *db = stores_open(url);
    onlooker o = {.writer = stores_open(url)};
    stores_script(db, things);
    ck_ok(gdi_db_snapshot(db, count_twice, &o, err));
    ck_assert_int_eq(o.before, 0);
    ck_assert_int_eq(o.after, 0);
    ck_assert_int_eq(stores_int(db, "SELECT COUNT(*) FROM things"), 1);
    gdi_db_close(o.writer);
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_db__serialises_transactions)
{
    const char *url = stores_new(_i);
    gdi_db *db = stores_open(url);
    pthread_barrier_t together;
    pthread_t threads[2];
    taker takers[2] = {{.url = url, .name = "a", .together = &together},
                       {.url = url, .name = "b", .together = &together}};
    stores_script(db, things);
    ck_ok(gdi_db_run(db, "INSERT INTO things (name, n) VALUES ('a', 60), ('b', 60)", NULL, 0, NULL, err));
    ck_assert_int_eq(pthread_barrier_init(&together, NULL, 3), 0);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_in_rounds, &takers[i]), 0);
    }
    for (int i = 0; i < rounds; i++) {
        (void)pthread_barrier_wait(&together);
        (void)pthread_barrier_wait(&together);
        ck_assert_int_eq(stores_int(db, "SELECT SUM(n) FROM things"), 20);
        ck_ok(gdi_db_run(db, "UPDATE things SET n = 60", NULL, 0, NULL, err));
        (void)pthread_barrier_wait(&together);
    }
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    ck_assert_int_eq(takers[0].taken + takers[1].taken, rounds);
    (void)pthread_barrier_destroy(&together);
    gdi_db_close(db);
}
END_TEST

/* ---- addresses ---- */

/* Another process asks the kernel; SQLite's shared lock is on these bytes (its file format, "lock-byte page"). */
static bool is_locked_by_us(const char *path)
{
    enum { shared_first = 0x40000002, shared_bytes = 510 };
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = shared_first, .l_len = shared_bytes};
    int status = 0;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        int fd = open(path, O_RDWR | O_CLOEXEC);
        _exit(fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Otherwise a foreign process that closes the store believes itself the last, and deletes its log. */
START_TEST(test_store_db__a_second_connection_leaves_the_first_its_lock)
{
    const char *url = stores_new(0);
    gdi_db *first = stores_open(url);
    stores_script(first, "CREATE TABLE t (n {int}) {table}");
    gdi_db *second = stores_open(url);
    ck_assert(is_locked_by_us(url + strlen("sqlite:")));
    gdi_db_close(second);
    ck_assert(is_locked_by_us(url + strlen("sqlite:")));
    gdi_db_close(first);
    ck_assert(!is_locked_by_us(url + strlen("sqlite:")));
}
END_TEST

START_TEST(test_store_db__refuses_addresses_without_repeating_them)
{
    static const char *const urls[] = {"mysql://u:pa55@h/d",
                                       "",
                                       "/var/lib/god.db",
                                       "sqlite:",
                                       "postgres://u:pa55@h:99999999999/d?x",
                                       "postgresql://u:pa55@[::1/d",
                                       "postgres://u:%zz@h/d",
                                       "postgres://u:pa55@/d?host=/nowhere",
                                       "postgres://u@/d?host=/nowhere&password=pa55"};
    gdi_db *db = NULL;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        ck_fails(GOD_E_INVALID, gdi_db_open(&(gdi_db_options){.url = urls[i]}, &db, err));
        ck_assert_msg(strstr(failed.message, "pa55") == NULL, "%s", failed.message);
    }
    ck_fails(GOD_E_IO, gdi_db_open(&(gdi_db_options){.url = "sqlite:/dev/null/god.db"}, &db, err));
    ck_fails(GOD_E_TIMEOUT, gdi_db_open(&(gdi_db_options){.url = "postgres://u@/d?host=/nowhere"}, &db, err));
    ck_assert_msg(strstr(failed.message, "out of reach") != NULL, "%s", failed.message);
    ck_assert_ptr_null(db);
}
END_TEST

Suite *suite_store_db(void)
{
    Suite *suite = suite_create("store_db");
    TCase *tcase = tcase_create("both engines");
    int engines = stores_engine_count();
    tcase_add_loop_test(tcase, test_store_db__keeps_every_value, 0, engines);
    tcase_add_loop_test(tcase, test_store_db__keeps_no_number_as_null, 0, engines);
    tcase_add_loop_test(tcase, test_store_db__takes_parameters_in_any_order, 0, engines);
    tcase_add_loop_test(tcase, test_store_db__adds_up_as_whole_numbers, 0, engines);
    tcase_add_loop_test(tcase, test_store_db__counts_changed_rows, 0, engines);
    tcase_add_loop_test(tcase, test_store_db__refuses_without_naming_values, 0, engines);
    tcase_add_loop_test(tcase, test_store_db__limits_what_a_value_may_be, 0, engines);
    tcase_add_loop_test(tcase, test_store_db__forgets_statements_when_there_are_many, 0, engines);
    tcase_add_loop_test(tcase, test_store_db__takes_back_what_failed, 0, engines);
    tcase_add_loop_test(tcase, test_store_db__a_snapshot_is_one_state, 0, engines);
    tcase_add_loop_test(tcase, test_store_db__serialises_transactions, 0, engines);
    tcase_add_test(tcase, test_store_db__a_second_connection_leaves_the_first_its_lock);
    tcase_add_test(tcase, test_store_db__refuses_addresses_without_repeating_them);
    suite_add_tcase(suite, tcase);
    return suite;
}
