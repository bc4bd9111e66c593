#include "core/runner/container/remains.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include "god/helpers/file.h"

enum { never_mounted_s = 60 };

typedef struct search {
    const char *netns_dir;
    uint32_t address, mask; /* of the subnet, in the host's order */
    uint32_t removed;
} search;

static uint32_t subnet_parse(const char *text, search *ret_search)
{
    char address[INET_ADDRSTRLEN];
    unsigned prefix = 0;
    struct in_addr parsed;
    if (sscanf(text, "%15[0-9.]/%2u", address, &prefix) != 2 || prefix == 0 || prefix > 32 ||
        inet_pton(AF_INET, address, &parsed) != 1) {
        return 0;
    }
    ret_search->mask = UINT32_MAX << (32 - prefix);
    ret_search->address = ntohl(parsed.s_addr) & ret_search->mask;
    return 1;
}

/* Of the namespace that the calling thread is in. */
static uint32_t has_address(const search *self)
{
    struct ifaddrs *all = NULL;
    uint32_t found = 0;
    if (getifaddrs(&all) != 0) {
        return 0;
    }
    for (const struct ifaddrs *at = all; at != NULL && !found; at = at->ifa_next) {
        if (at->ifa_addr != NULL && at->ifa_addr->sa_family == AF_INET) {
            struct sockaddr_in address;
            memcpy(&address, at->ifa_addr, sizeof address);
            found = (ntohl(address.sin_addr.s_addr) & self->mask) == self->address;
        }
    }
    freeifaddrs(all);
    return found;
}

/* A plain file, on which a namespace would have been mounted in the next moment. */
static uint32_t was_never_mounted(int file)
{
    struct stat info;
    struct statfs where;
    return fstat(file, &info) == 0 && fstatfs(file, &where) == 0 && where.f_type != NSFS_MAGIC && info.st_size == 0 &&
           time(NULL) - info.st_mtime > never_mounted_s;
}

static void look_at(search *self, const char *name)
{
    char path[GOD_PATH_MAX];
    god_error ignored = GOD_ERROR_INIT;
    if (strncmp(name, "netns-", 6) != 0 || god_path_join(self->netns_dir, name, path, &ignored) != GOD_OK) {
        return;
    }
    const int namespace = open(path, O_RDONLY | O_CLOEXEC);
    if (namespace < 0) {
        return;
    }
    if (was_never_mounted(namespace)) {
        self->removed += unlink(path) == 0;
    } else if (setns(namespace, CLONE_NEWNET) == 0 && has_address(self)) {
        self->removed += umount2(path, MNT_DETACH) == 0 && unlink(path) == 0;
    }
    (void)close(namespace);
}

/* A thread enters the namespaces, and ends in the last of them; the process stays where it is. */
static void *look_through(void *user)
{
    search *self = user;
    DIR *dir = opendir(self->netns_dir);
    if (dir == NULL) {
        return NULL;
    }
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        look_at(self, entry->d_name);
    }
    (void)closedir(dir);
    return NULL;
}

uint32_t gdi_remove_namespaces(const char *netns_dir, const char *subnet)
{
    search self = {.netns_dir = netns_dir};
    pthread_t thread;
    if (!subnet_parse(subnet, &self) || pthread_create(&thread, NULL, look_through, &self) != 0) {
        return 0;
    }
    (void)pthread_join(thread, NULL);
    return self.removed;
}

void gdi_remove_address_files(const char *network)
{
    char path[GOD_PATH_MAX];
    god_error ignored = GOD_ERROR_INIT;
    if (god_path_join("/var/lib/cni/networks", network, path, &ignored) == GOD_OK && god_file_exists(path)) {
        (void)god_dir_remove(path, &ignored);
    }
}
