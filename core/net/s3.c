#include "core/net/s3.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/net/download.h"
#include "core/net/exchange.h"
#include "core/net/hub_inner.h"
#include "god/helpers/sha256.h"

enum { tries = 5, digest_bytes = 32, block_bytes = 64 };

struct gdi_s3 {
    char *endpoint;            /* own; with its scheme, without a slash at its end */
    char *region, *sigv4;      /* own */
    char *key, *secret, *pair; /* own; NULL: not signed */
    gdi_s3_options options;
};

/* ---- opening ---- */

static void free_secret(char *text)
{
    if (text != NULL) {
        explicit_bzero(text, strlen(text));
    }
    free(text);
}

void gdi_s3_close(gdi_s3 *s3)
{
    if (s3 == NULL) {
        return;
    }
    free_secret(s3->key);
    free_secret(s3->secret);
    free_secret(s3->pair);
    free(s3->endpoint);
    free(s3->region);
    free(s3->sigv4);
    free(s3);
    curl_global_cleanup();
}

static god_status set_endpoint(gdi_s3 *s3, const char *endpoint, god_error *err)
{
    int count = 0;
    if (endpoint == NULL || *endpoint == '\0') {
        count = asprintf(&s3->endpoint, "https://s3.%s.amazonaws.com", s3->region);
    } else {
        count = asprintf(&s3->endpoint, "%s%s", strstr(endpoint, "://") == NULL ? "https://" : "", endpoint);
    }
    if (count < 0) {
        s3->endpoint = NULL;
        return god_fail(err, GOD_E_NOMEM, "out of memory for the object store");
    }
    for (size_t bytes = strlen(s3->endpoint); bytes > 0 && s3->endpoint[bytes - 1] == '/'; bytes--) {
        s3->endpoint[bytes - 1] = '\0';
    }
    if ((strncmp(s3->endpoint, "https://", 8) != 0 && strncmp(s3->endpoint, "http://", 7) != 0) ||
        strpbrk(s3->endpoint, "@?# ") != NULL) {
        char name[256];
        return god_fail(err, GOD_E_INVALID, "the object store's address \"%s\" is none: https://HOST is needed",
                        gdi_url_shown(s3->endpoint, name));
    }
    return GOD_OK;
}

static god_status set_identity(gdi_s3 *s3, const gdi_s3_options *options, god_error *err)
{
    if (options->key == NULL || *options->key == '\0' || options->secret == NULL) {
        return GOD_OK;
    }
    s3->key = strdup(options->key);
    s3->secret = strdup(options->secret);
    if (s3->key == NULL || s3->secret == NULL || asprintf(&s3->pair, "%s:%s", s3->key, s3->secret) < 0 ||
        asprintf(&s3->sigv4, "aws:amz:%s:s3", s3->region) < 0) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the object store");
    }
    return GOD_OK;
}

god_status gdi_s3_open(const gdi_s3_options *options, gdi_s3 **ret_s3, god_error *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return god_fail(err, GOD_E_IO, "the network library cannot start");
    }
    gdi_s3 *s3 = calloc(1, sizeof *s3);
    if (s3 == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the object store");
    }
    s3->options = *options;
    s3->region = strdup(options->region == NULL || *options->region == '\0' ? "us-east-1" : options->region);
    god_status status = s3->region == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for the object store") : GOD_OK;
    if (status == GOD_OK) {
        status = set_endpoint(s3, options->endpoint, err);
    }
    if (status == GOD_OK) {
        status = set_identity(s3, options, err);
    }
    s3->options.key = s3->options.secret = s3->options.endpoint = s3->options.region = NULL; /* not ours to keep */
    if (status != GOD_OK) {
        gdi_s3_close(s3);
        return status;
    }
    *ret_s3 = s3;
    return GOD_OK;
}

/* ---- addresses ---- */

static god_status check_bucket(const char *bucket, god_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    size_t bytes = strlen(bucket);
    return bytes > 0 && bytes <= 255 && bucket[strspn(bucket, allowed)] == '\0' && strstr(bucket, "..") == NULL
               ? GOD_OK
               : god_fail(err, GOD_E_INVALID, "\"%.60s\" is no name of a bucket", bucket);
}

static god_status check_key(const char *key, god_error *err)
{
    size_t bytes = strlen(key);
    return bytes > 0 && bytes <= GDI_S3_KEY_BYTES_MAX
               ? GOD_OK
               : god_fail(err, GOD_E_INVALID, "an object's key has 1 to %d bytes, not %zu", GDI_S3_KEY_BYTES_MAX,
                          bytes);
}

static god_status copy_both(const char *bucket, size_t bucket_bytes, const char *key, size_t key_bytes,
                            char **ret_bucket, char **ret_key, god_error *err)
{
    char *a = strndup(bucket, bucket_bytes), *b = strndup(key, key_bytes);
    god_status status =
        a == NULL || b == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for an address") : check_bucket(a, err);
    if (status == GOD_OK) {
        status = check_key(b, err);
    }
    if (status != GOD_OK) {
        free(a);
        free(b);
        return status;
    }
    *ret_bucket = a;
    *ret_key = b;
    return GOD_OK;
}

god_status gdi_s3_split(const char *uri, char **ret_bucket, char **ret_key, god_error *err)
{
    if (strncmp(uri, "s3://", 5) != 0) {
        return god_fail(err, GOD_E_INVALID, "\"%.100s\" is no address of an object: s3://BUCKET/KEY is needed", uri);
    }
    const char *bucket = uri + 5;
    size_t bytes = strcspn(bucket, "/");
    const char *key = bucket[bytes] == '/' ? bucket + bytes + 1 : "";
    return copy_both(bucket, bytes, key, strlen(key), ret_bucket, ret_key, err);
}

god_status gdi_s3_from_url(const char *url, char **ret_bucket, char **ret_key, god_error *err)
{
    char name[256];
    const char *scheme_end = strstr(url, "://");
    const char *host = scheme_end == NULL ? "" : scheme_end + 3;
    const char *path = host + strcspn(host, "/?#");
    while (*path == '/') {
        path++;
    }
    if (*host == '\0') {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is no address", gdi_url_shown(url, name));
    }
    return copy_both(host, strcspn(host, ".:/?#"), path, strcspn(path, "?#"), ret_bucket, ret_key, err);
}

/* "/bucket/key", escaped as the address and the signature both have it. */
static god_status append_path(const char *bucket, const char *key, god_text *path, god_error *err)
{
    GOD_TRY(check_bucket(bucket, err));
    GOD_TRY(check_key(key, err));
    GOD_TRY(god_text_append_f(path, err, "/%s/", bucket));
    return gdi_url_escape(key, 1, path, err);
}

static god_status make_url(const gdi_s3 *s3, const char *bucket, const char *key, god_text *url, god_error *err)
{
    GOD_TRY(god_text_append_str(url, s3->endpoint, err));
    return append_path(bucket, key, url, err);
}

/* ---- objects ---- */

/* Every signed request carries the digest of its body; the library does not add it by itself. */
#define BODY_DIGEST "x-amz-content-sha256: "
static const char *const no_body[] = {BODY_DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                      NULL};

static god_status judge(long code, const char *bucket, const char *key, god_error *err)
{
    if (code / 100 == 2) {
        return GOD_OK;
    }
    if (code == 404) {
        return god_fail(err, GOD_E_NOT_FOUND, "the object store has no \"%.200s\" in \"%.60s\"", key, bucket);
    }
    if (code == 401 || code == 403) {
        return god_fail(err, GOD_E_INVALID,
                        "the object store refuses \"%.200s\" in \"%.60s\" (HTTP %ld): a key with access is needed", key,
                        bucket, code);
    }
    return god_fail(err, GOD_E_IO, "the object store fails for \"%.200s\" in \"%.60s\" (HTTP %ld)", key, bucket, code);
}

static god_status exchange(gdi_s3 *s3, const char *method, const char *bucket, const char *key, const char *file,
                           uint64_t bytes, gdi_exchanged *ret_answer, god_error *err)
{
    god_text url = GOD_TEXT_INIT;
    char digest[GOD_SHA256_HEX] = "", line[sizeof BODY_DIGEST + GOD_SHA256_HEX];
    GOD_TRY(file == NULL ? GOD_OK : god_sha256_file(file, digest, err));
    (void)snprintf(line, sizeof line, BODY_DIGEST "%s", digest);
    const char *const with_body[] = {"Content-Type: application/octet-stream", line, NULL};
    god_status status = make_url(s3, bucket, key, &url, err);
    const gdi_exchange what = {.method = method,
                               .url = url.data,
                               .headers = file == NULL ? no_body : with_body,
                               .body_file = file,
                               .body_bytes = bytes,
                               .sigv4 = s3->sigv4,
                               .user_password = s3->pair,
                               .tries = tries,
                               .first_pause_ms = s3->options.first_pause_ms,
                               .time_limit_ms = file == NULL ? 0 : s3->options.time_limit_ms,
                               .stop_asked = s3->options.stop_asked,
                               .progress = file == NULL ? NULL : s3->options.progress,
                               .user = s3->options.user};
    gdi_exchanged answer = {.body = NULL};
    if (status == GOD_OK) {
        status = gdi_exchange_run(&what, &answer, err);
    }
    if (status == GOD_OK) {
        status = judge(answer.code, bucket, key, err);
    }
    god_text_free(&url);
    if (status != GOD_OK) {
        gdi_exchanged_clear(&answer);
        return status;
    }
    *ret_answer = answer;
    return GOD_OK;
}

god_status gdi_s3_head(gdi_s3 *s3, const char *bucket, const char *key, gdi_s3_info *ret_info, god_error *err)
{
    gdi_exchanged answer;
    GOD_TRY(exchange(s3, "HEAD", bucket, key, NULL, 0, &answer, err));
    *ret_info = (gdi_s3_info){.bytes = answer.content_bytes};
    (void)snprintf(ret_info->etag, sizeof ret_info->etag, "%s", answer.etag == NULL ? "" : answer.etag);
    gdi_exchanged_clear(&answer);
    return GOD_OK;
}

god_status gdi_s3_put(gdi_s3 *s3, const char *bucket, const char *key, const char *path, god_error *err)
{
    struct stat info;
    gdi_exchanged answer;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
        return god_fail(err, GOD_E_NOT_FOUND, "\"%s\" is no file", path);
    }
    GOD_TRY(exchange(s3, "PUT", bucket, key, path, (uint64_t)info.st_size, &answer, err));
    gdi_exchanged_clear(&answer);
    return GOD_OK;
}

god_status gdi_s3_get(gdi_s3 *s3, const char *bucket, const char *key, const gdi_s3_info *info, const char *sha256,
                      const char *destination, god_error *err)
{
    god_text url = GOD_TEXT_INIT;
    god_status status = make_url(s3, bucket, key, &url, err);
    const gdi_download download = {.url = url.data,
                                   .destination = destination,
                                   .sha256 = sha256,
                                   .bytes = info == NULL ? 0 : info->bytes,
                                   .time_limit_ms = s3->options.time_limit_ms,
                                   .first_pause_ms = s3->options.first_pause_ms,
                                   .keep_part = 1,
                                   .headers = no_body,
                                   .sigv4 = s3->sigv4,
                                   .user_password = s3->pair,
                                   .stop_asked = s3->options.stop_asked,
                                   .progress = s3->options.progress,
                                   .user = s3->options.user};
    if (status == GOD_OK) {
        status = gdi_download_run(&download, err);
    }
    god_text_free(&url);
    return status;
}

/* ---- signed addresses ---- */

static unsigned char nibble(char c)
{
    return (unsigned char)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void digest_of(const void *data, size_t bytes, unsigned char ret[digest_bytes])
{
    char hex[GOD_SHA256_HEX];
    god_sha256_bytes(data, bytes, hex);
    for (int i = 0; i < digest_bytes; i++) {
        ret[i] = (unsigned char)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
    }
}

/* HMAC-SHA256 of a text, RFC 2104. */
static god_status sign(const void *key, size_t key_bytes, const char *text, unsigned char ret[digest_bytes],
                       god_error *err)
{
    unsigned char pad[block_bytes] = {0}, outer[block_bytes + digest_bytes];
    god_text inner = GOD_TEXT_INIT;
    if (key_bytes > block_bytes) {
        digest_of(key, key_bytes, pad);
    } else {
        memcpy(pad, key, key_bytes);
    }
    for (int i = 0; i < block_bytes; i++) {
        outer[i] = pad[i] ^ 0x5c;
        pad[i] ^= 0x36;
    }
    god_status status = god_text_append(&inner, (const char *)pad, block_bytes, err);
    if (status == GOD_OK) {
        status = god_text_append_str(&inner, text, err);
    }
    if (status == GOD_OK) {
        digest_of(inner.data, inner.bytes, outer + block_bytes);
        digest_of(outer, sizeof outer, ret);
    }
    if (inner.data != NULL) {
        explicit_bzero(inner.data, inner.bytes);
    }
    explicit_bzero(pad, sizeof pad);
    explicit_bzero(outer, sizeof outer);
    god_text_free(&inner);
    return status;
}

/* The key of one day, region and service. */
static god_status day_key(const gdi_s3 *s3, const char *day, unsigned char ret[digest_bytes], god_error *err)
{
    char *start = NULL;
    unsigned char step[digest_bytes];
    if (asprintf(&start, "AWS4%s", s3->secret) < 0) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a signature");
    }
    god_status status = sign(start, strlen(start), day, step, err);
    free_secret(start);
    const char *const parts[] = {s3->region, "s3", "aws4_request"};
    for (size_t i = 0; status == GOD_OK && i < sizeof parts / sizeof parts[0]; i++) {
        unsigned char next[digest_bytes];
        status = sign(step, sizeof step, parts[i], next, err);
        memcpy(step, next, sizeof step);
    }
    memcpy(ret, step, sizeof step);
    explicit_bzero(step, sizeof step);
    return status;
}

typedef struct signing {
    const char *host, *path;
    char day[16], moment[24];
    god_text query, request, string;
} signing;

static god_status write_signed(const gdi_s3 *s3, uint32_t seconds, signing *s, unsigned char ret[digest_bytes],
                               god_error *err)
{
    char hex[GOD_SHA256_HEX];
    unsigned char key[digest_bytes];
    GOD_TRY(god_text_append_str(&s->query, "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=", err));
    GOD_TRY(gdi_url_escape(s3->key, 0, &s->query, err));
    GOD_TRY(god_text_append_f(&s->query, err,
                              "%%2F%s%%2F%s%%2Fs3%%2Faws4_request&X-Amz-Date=%s&X-Amz-Expires=%u"
                              "&X-Amz-SignedHeaders=host",
                              s->day, s3->region, s->moment, seconds));
    GOD_TRY(god_text_append_f(&s->request, err, "GET\n%s\n%s\nhost:%s\n\nhost\nUNSIGNED-PAYLOAD", s->path,
                              s->query.data, s->host));
    god_sha256_bytes(s->request.data, s->request.bytes, hex);
    GOD_TRY(god_text_append_f(&s->string, err, "AWS4-HMAC-SHA256\n%s\n%s/%s/s3/aws4_request\n%s", s->moment, s->day,
                              s3->region, hex));
    GOD_TRY(day_key(s3, s->day, key, err));
    god_status status = sign(key, sizeof key, s->string.data, ret, err);
    explicit_bzero(key, sizeof key);
    return status;
}

god_status gdi_s3_presign(gdi_s3 *s3, const char *bucket, const char *key, uint32_t seconds, time_t now, god_text *url,
                          god_error *err)
{
    signing s = {.query = GOD_TEXT_INIT, .request = GOD_TEXT_INIT, .string = GOD_TEXT_INIT};
    unsigned char signature[digest_bytes];
    god_text path = GOD_TEXT_INIT;
    struct tm utc;
    if (s3->key == NULL || seconds == 0 || seconds > GDI_S3_EXPIRES_S || gmtime_r(&now, &utc) == NULL) {
        return god_fail(err, GOD_E_INVALID, "a signed address needs an access key, and 1 to %d seconds of life",
                        GDI_S3_EXPIRES_S);
    }
    (void)strftime(s.day, sizeof s.day, "%Y%m%d", &utc);
    (void)strftime(s.moment, sizeof s.moment, "%Y%m%dT%H%M%SZ", &utc);
    god_status status = append_path(bucket, key, &path, err);
    if (status == GOD_OK) {
        s.host = strstr(s3->endpoint, "://") + 3;
        s.path = path.data;
        status = write_signed(s3, seconds, &s, signature, err);
    }
    god_text_clear(url);
    if (status == GOD_OK) {
        status = god_text_append_f(url, err, "%s%s?%s&X-Amz-Signature=", s3->endpoint, s.path, s.query.data);
    }
    for (int i = 0; status == GOD_OK && i < digest_bytes; i++) {
        status = god_text_append_f(url, err, "%02x", signature[i]);
    }
    god_text_free(&path);
    god_text_free(&s.query);
    god_text_free(&s.request);
    god_text_free(&s.string);
    return status;
}
