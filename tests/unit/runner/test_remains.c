/* Namespaces that a killed engine has forgotten: made here in a mount namespace of our own, so that nothing stays. */
#include "core/runner/container/remains.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "god/helpers/file.h"

static const char netns_dir[] = "netns";

typedef struct wanted {
    const char *name, *address;
    uint32_t made;
} wanted;

/* A namespace whose loopback has the address, mounted at netns_dir/name. */
static void *make_namespace(void *user)
{
    wanted *self = user;
    char path[64];
    struct ifreq request = {.ifr_name = "lo"};
    struct sockaddr_in address = {.sin_family = AF_INET};
    (void)snprintf(path, sizeof path, "%s/%s", netns_dir, self->name);
    const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0400);
    if (file < 0 || close(file) != 0 || unshare(CLONE_NEWNET) != 0) {
        return NULL;
    }
    const int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    self->made = inet_pton(AF_INET, self->address, &address.sin_addr) == 1;
    memcpy(&request.ifr_addr, &address, sizeof address);
    self->made = self->made && ioctl(sock, SIOCSIFADDR, &request) == 0 &&
                 mount("/proc/thread-self/ns/net", path, NULL, MS_BIND, NULL) == 0;
    (void)close(sock);
    return NULL;
}

static void have_namespace(const char *name, const char *address)
{
    wanted item = {.name = name, .address = address};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, make_namespace, &item), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_msg(item.made, "no namespace %s with the address %s", name, address);
}

static void have_empty_file(const char *name, time_t age_s)
{
    char path[64];
    const struct timespec then[2] = {{.tv_sec = time(NULL) - age_s}, {.tv_sec = time(NULL) - age_s}};
    (void)snprintf(path, sizeof path, "%s/%s", netns_dir, name);
    const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0400);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(futimens(file, then), 0);
    (void)close(file);
}

static uint32_t is_there(const char *name)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s/%s", netns_dir, name);
    return god_file_exists(path);
}

static const char *unable(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        return "this process may not make a mount namespace";
    }
    const int host = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    const uint32_t may = unshare(CLONE_NEWNET) == 0 && setns(host, CLONE_NEWNET) == 0;
    (void)close(host);
    return may ? NULL : "this process may not make a network namespace";
}

START_TEST(test_remains__namespaces_of_the_subnet_only)
{
    const char *reason = unable();
    if (reason != NULL) {
        (void)printf("skipped: %s\n", reason);
        return;
    }
    ck_assert_int_eq(god_dir_remove(netns_dir, NULL), GOD_OK);
    ck_assert_int_eq(god_dir_make(netns_dir, NULL), GOD_OK);
    have_namespace("netns-a", "10.213.7.5");
    have_namespace("netns-b", "10.213.8.5");
    have_namespace("somebody's", "10.213.7.6");
    have_namespace("netns-c", "10.213.7.9");
    have_empty_file("netns-new", 0);
    have_empty_file("netns-old", 3600);

    ck_assert_uint_eq(gdi_remove_namespaces(netns_dir, "no subnet"), 0);
    ck_assert_uint_eq(gdi_remove_namespaces(netns_dir, "10.213.7.0/33"), 0);
    ck_assert_uint_eq(gdi_remove_namespaces(netns_dir, "10.213.7.0/24"), 3);
    ck_assert(!is_there("netns-a") && !is_there("netns-c") && !is_there("netns-old"));
    ck_assert(is_there("netns-b") && is_there("netns-new") && is_there("somebody's"));
    ck_assert_uint_eq(gdi_remove_namespaces(netns_dir, "10.213.7.0/24"), 0);
    ck_assert_uint_eq(gdi_remove_namespaces(netns_dir, "10.213.0.0/16"), 1);
    ck_assert_uint_eq(gdi_remove_namespaces("no such folder", "10.213.0.0/16"), 0);
    ck_assert_int_eq(umount2("netns/somebody's", MNT_DETACH), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("runner remains");
    TCase *cases = tcase_create("remains");
    tcase_add_test(cases, test_remains__namespaces_of_the_subnet_only);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
