#include "core/entry/miner_address.h"

#include <arpa/inet.h>

enum { ip_text_bytes_max = 45 };

typedef struct range {
    uint32_t start;
    uint32_t bits;
} range;

/* RFC 6890 and its successors: not for a host on the internet. */
static const range closed_ranges[] = {
    {0x00000000, 8},  /* 0.0.0.0/8, this network */
    {0x0a000000, 8},  /* 10.0.0.0/8, private */
    {0x64400000, 10}, /* 100.64.0.0/10, shared by a provider's customers */
    {0x7f000000, 8},  /* 127.0.0.0/8, loopback */
    {0xa9fe0000, 16}, /* 169.254.0.0/16, link-local, and the metadata services of clouds */
    {0xac100000, 12}, /* 172.16.0.0/12, private */
    {0xc0000000, 24}, /* 192.0.0.0/24, protocol assignments */
    {0xc0a80000, 16}, /* 192.168.0.0/16, private */
    {0xc6120000, 15}, /* 198.18.0.0/15, benchmarks */
    {0xe0000000, 4},  /* 224.0.0.0/4, multicast */
    {0xf0000000, 4},  /* 240.0.0.0/4, reserved, and broadcast */
};

static uint32_t is_public_4(uint32_t ip)
{
    for (size_t i = 0; i < sizeof closed_ranges / sizeof *closed_ranges; i++) {
        if ((ip ^ closed_ranges[i].start) >> (32 - closed_ranges[i].bits) == 0) {
            return 0;
        }
    }
    return 1;
}

static uint32_t is_public_6(const struct in6_addr *ip)
{
    const uint8_t *b = ip->s6_addr;
    uint32_t is_global = (b[0] & 0xe0) == 0x20;
    uint32_t is_6to4 = b[0] == 0x20 && b[1] == 0x02;
    uint32_t is_teredo = b[0] == 0x20 && b[1] == 0x01 && b[2] == 0 && b[3] == 0;
    return is_global && !is_6to4 && !is_teredo;
}

/* A dotted quad, or the number that it stands for. */
static uint32_t read_4(const char *text, uint32_t *ret_ip)
{
    struct in_addr address;
    uint64_t number = 0;
    if (inet_pton(AF_INET, text, &address) == 1) {
        *ret_ip = ntohl(address.s_addr);
        return 1;
    }
    for (const char *digit = text; *digit != '\0'; digit++) {
        if (*digit < '0' || *digit > '9' || number > UINT32_MAX) {
            return 0;
        }
        number = number * 10 + (uint64_t)(*digit - '0');
    }
    *ret_ip = (uint32_t)number;
    return text[0] != '\0' && number <= UINT32_MAX;
}

static god_status refuse(const char *ip, const char *why, god_error *err)
{
    size_t shown = strspn(ip, "0123456789abcdefABCDEF.:"); /* the rest may be any bytes */
    return god_fail(err, GOD_E_DATA, "\"%.*s\" is %s", (int)(shown > ip_text_bytes_max ? ip_text_bytes_max : shown), ip,
                    why);
}

god_status gdi_miner_url(const char *ip, int64_t port, uint32_t allow_private, char ret_url[GDI_MINER_URL_BYTES],
                         god_error *err)
{
    static const uint32_t this_machine = 1; /* 0.0.0.1 */
    static const char not_public[] = "not an address of the public internet";
    struct in6_addr ip_6;
    uint32_t ip_4 = 0;
    char text[INET6_ADDRSTRLEN];
    if (port < 1 || port > UINT16_MAX) {
        return god_fail(err, GOD_E_DATA, "%lld is no port", (long long)port);
    }
    if (read_4(ip, &ip_4)) {
        if (!allow_private && !is_public_4(ip_4)) {
            return refuse(ip, not_public, err);
        }
        struct in_addr address = {.s_addr = htonl(ip_4 == this_machine ? INADDR_LOOPBACK : ip_4)};
        (void)inet_ntop(AF_INET, &address, text, sizeof text);
        (void)snprintf(ret_url, GDI_MINER_URL_BYTES, "http://%s:%d", text, (int)port);
        return GOD_OK;
    }
    if (inet_pton(AF_INET6, ip, &ip_6) != 1) {
        return refuse(ip, "no IP address", err);
    }
    if (!allow_private && !is_public_6(&ip_6)) {
        return refuse(ip, not_public, err);
    }
    (void)inet_ntop(AF_INET6, &ip_6, text, sizeof text);
    (void)snprintf(ret_url, GDI_MINER_URL_BYTES, "http://[%s]:%d", text, (int)port);
    return GOD_OK;
}
