#include "suites.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "god/helpers/file.h"
#include "god/helpers/processors.h"

/* A tree like that of the kernel, below a folder. */
typedef struct fake_file {
    const char *path, *content;
} fake_file;

static void write_tree(const fake_file *files)
{
    god_error err = GOD_ERROR_INIT;
    for (; files->path != NULL; files++) {
        char path[GOD_PATH_MAX], folder[GOD_PATH_MAX];
        ck_assert_int_eq(god_path_join("groups", files->path, path, &err), GOD_OK);
        (void)snprintf(folder, sizeof folder, "%s", path);
        *strrchr(folder, '/') = '\0';
        ck_assert_int_eq(god_dir_make(folder, &err), GOD_OK);
        ck_assert_int_eq(god_file_write(path, files->content, strlen(files->content), &err), GOD_OK);
    }
}

static uint32_t processors_in(const fake_file *files)
{
    god_error err = GOD_ERROR_INIT;
    (void)god_dir_remove("groups", &err);
    write_tree(files);
    uint32_t count = god_processors_by_quota("groups", 16);
    ck_assert_int_eq(god_dir_remove("groups", &err), GOD_OK);
    return count;
}

#define GROUPS "proc/self/cgroup"
#define CPU "sys/fs/cgroup/"

START_TEST(test_helpers_processors__version_2_gives_a_quota)
{
    const fake_file whole[] = {{GROUPS, "0::/pod/job\n"}, {CPU "pod/job/cpu.max", "400000 100000\n"}, {NULL, NULL}};
    const fake_file part[] = {{GROUPS, "0::/job\n"}, {CPU "job/cpu.max", "150000 100000\n"}, {NULL, NULL}};
    const fake_file none[] = {{GROUPS, "0::/job\n"}, {CPU "job/cpu.max", "max 100000\n"}, {NULL, NULL}};
    const fake_file much[] = {{GROUPS, "0::/job\n"}, {CPU "job/cpu.max", "6400000 100000\n"}, {NULL, NULL}};
    ck_assert_uint_eq(processors_in(whole), 4);
    ck_assert_uint_eq(processors_in(part), 2);
    ck_assert_uint_eq(processors_in(none), 16);
    ck_assert_uint_eq(processors_in(much), 16);
}
END_TEST

START_TEST(test_helpers_processors__the_narrowest_group_above_counts)
{
    const fake_file above[] = {{GROUPS, "0::/pod/job\n"},
                               {CPU "pod/cpu.max", "300000 100000\n"},
                               {CPU "pod/job/cpu.max", "max 100000\n"},
                               {NULL, NULL}};
    const fake_file in_container[] = {
        {GROUPS, "0::/as/seen/outside\n"}, {CPU "cpu.max", "50000 100000\n"}, {NULL, NULL}};
    ck_assert_uint_eq(processors_in(above), 3);
    ck_assert_uint_eq(processors_in(in_container), 1);
}
END_TEST

START_TEST(test_helpers_processors__version_1_gives_a_quota)
{
    const fake_file together[] = {{GROUPS, "5:memory:/other\n4:cpu,cpuacct:/job\n"},
                                  {CPU "cpu,cpuacct/job/cpu.cfs_quota_us", "250000\n"},
                                  {CPU "cpu,cpuacct/job/cpu.cfs_period_us", "100000\n"},
                                  {NULL, NULL}};
    const fake_file alone[] = {{GROUPS, "3:cpuset:/x\n1:cpu:/job\n0::/\n"},   {CPU "cpu/job/cpu.cfs_quota_us", "-1\n"},
                               {CPU "cpu/job/cpu.cfs_period_us", "100000\n"}, {CPU "cpu/cpu.cfs_quota_us", "500000\n"},
                               {CPU "cpu/cpu.cfs_period_us", "100000\n"},     {NULL, NULL}};
    const fake_file beside[] = {{GROUPS, "3:cpuset:/x\n0::/job\n"},
                                {CPU "cpuset/x/cpu.cfs_quota_us", "100000\n"},
                                {CPU "unified/job/cpu.max", "700000 100000\n"},
                                {NULL, NULL}};
    ck_assert_uint_eq(processors_in(together), 3);
    ck_assert_uint_eq(processors_in(alone), 5);
    ck_assert_uint_eq(processors_in(beside), 7);
}
END_TEST

START_TEST(test_helpers_processors__what_cannot_be_understood_limits_nothing)
{
    const fake_file odd[] = {{GROUPS, "no colons\n0:/half\n0::/job\n0::\n7:cpu:job\n"},
                             {CPU "job/cpu.max", "0 0\n"},
                             {CPU "cpu.max", "-5 100000\n"},
                             {CPU "cpu/job/cpu.cfs_quota_us", "many\n"},
                             {NULL, NULL}};
    const fake_file nothing[] = {{"proc/else", ""}, {NULL, NULL}};
    ck_assert_uint_eq(processors_in(odd), 16);
    ck_assert_uint_eq(processors_in(nothing), 16);
}
END_TEST

/* What a cpuset does to a process: the kernel keeps its affinity within it. */
START_TEST(test_helpers_processors__affinity_counts)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        cpu_set_t all, one;
        CPU_ZERO(&one);
        if (sched_getaffinity(0, sizeof all, &all) != 0) {
            _exit(2);
        }
        for (size_t i = 0; CPU_COUNT(&one) == 0; i++) {
            if (CPU_ISSET(i, &all)) {
                CPU_SET(i, &one);
            }
        }
        _exit(sched_setaffinity(0, sizeof one, &one) == 0 && god_processors() == 1 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_ge(god_processors(), 1);
}
END_TEST

Suite *helpers_processors_suite(void)
{
    Suite *suite = suite_create("helpers_processors");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, test_helpers_processors__version_2_gives_a_quota);
    tcase_add_test(cases, test_helpers_processors__the_narrowest_group_above_counts);
    tcase_add_test(cases, test_helpers_processors__version_1_gives_a_quota);
    tcase_add_test(cases, test_helpers_processors__what_cannot_be_understood_limits_nothing);
    tcase_add_test(cases, test_helpers_processors__affinity_counts);
    suite_add_tcase(suite, cases);
    return suite;
}
