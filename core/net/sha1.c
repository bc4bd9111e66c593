#include "core/net/sha1.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { block_bytes = 64, read_bytes = 64 << 10 };

typedef struct sha1 {
    uint32_t state[5];
    uint64_t bytes;
    unsigned char block[block_bytes];
} sha1;

static uint32_t rotate(uint32_t value, int by)
{
    return value << by | value >> (32 - by);
}

static void take_block(sha1 *s, const unsigned char *block)
{
    uint32_t w[80], a = s->state[0], b = s->state[1], c = s->state[2], d = s->state[3], e = s->state[4];
    for (int i = 0; i < 16; i++) {
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
               block[4 * i + 3];
    }
    for (int i = 16; i < 80; i++) {
        w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    }
    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20   ? (b & c) | (~b & d)
                     : i < 40 ? b ^ c ^ d
                     : i < 60 ? (b & c) | (b & d) | (c & d)
                              : b ^ c ^ d;
        static const uint32_t k[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
        uint32_t next = rotate(a, 5) + f + e + k[i / 20] + w[i];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    s->state[0] += a;
    s->state[1] += b;
    s->state[2] += c;
    s->state[3] += d;
    s->state[4] += e;
}

static void add(sha1 *s, const void *data, size_t count)
{
    const unsigned char *at = data;
    while (count > 0) {
        size_t used = s->bytes % block_bytes, part = block_bytes - used < count ? block_bytes - used : count;
        memcpy(s->block + used, at, part);
        s->bytes += part;
        at += part;
        count -= part;
        if (used + part == block_bytes) {
            take_block(s, s->block);
        }
    }
}

static void finish(sha1 *s, char ret_hex[GDI_SHA1_HEX])
{
    static const unsigned char padding[block_bytes] = {0x80};
    unsigned char length[8];
    uint64_t bits = s->bytes * 8;
    for (int i = 0; i < 8; i++) {
        length[i] = (unsigned char)(bits >> (56 - 8 * i));
    }
    size_t used = s->bytes % block_bytes;
    add(s, padding, used < 56 ? 56 - used : 120 - used);
    add(s, length, sizeof length);
    for (int i = 0; i < 5; i++) {
        (void)snprintf(ret_hex + 8 * i, 9, "%08x", s->state[i]);
    }
}

god_status gdi_git_blob_id(const char *path, char ret_hex[GDI_SHA1_HEX], god_error *err)
{
    sha1 s = {.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
    unsigned char buf[read_bytes];
    char head[40];
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 || fstat(fd, &info) != 0 ? -1 : 0;
    if (got == 0) {
        int bytes = snprintf(head, sizeof head, "blob %lld", (long long)info.st_size);
        add(&s, head, (size_t)bytes + 1);
        while ((got = read(fd, buf, sizeof buf)) > 0) {
            add(&s, buf, (size_t)got);
        }
    }
    god_status status = got == 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot read \"%s\"", path);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (status == GOD_OK) {
        finish(&s, ret_hex);
    }
    return status;
}
