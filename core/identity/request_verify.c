#include "core/identity/request_signature.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <strings.h>

#include "core/identity/nonces.h"
#include "core/identity/signed_text.h"

/* The original's words (identity specification, 2.3): callers may look for them. */
static const char bad_nonce[] = "Oi, that nonce is not valid!";
static const char bad_signature[] = "Oi, invalid signature, you're not who you said you were!";
static const char bad_miner[] = "Oi, invalid miner hotkey - that's not me!";

struct gdi_request_gate {
    char own_address[GDI_SS58_BYTES];
    gdi_request_gate_options options; /* own_address in it points above */
    pthread_mutex_t lock;             /* guards nonces */
    gdi_nonces *nonces;
};

god_status gdi_request_gate_open(const gdi_request_gate_options *options, gdi_request_gate **ret_gate, god_error *err)
{
    uint8_t account[GDI_ACCOUNT_BYTES];
    GOD_TRY(gdi_sr25519_start(err));
    GOD_TRY(gdi_ss58_decode(options->own_address, account, err));
    gdi_request_gate *gate = calloc(1, sizeof *gate);
    if (gate == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a gate");
    }
    god_status status = gdi_nonces_open(&gate->nonces, err);
    if (status != GOD_OK) {
        free(gate);
        return status;
    }
    (void)pthread_mutex_init(&gate->lock, NULL);
    (void)snprintf(gate->own_address, sizeof gate->own_address, "%s", options->own_address);
    gate->options = *options;
    gate->options.own_address = gate->own_address;
    *ret_gate = gate;
    return GOD_OK;
}

void gdi_request_gate_close(gdi_request_gate *gate)
{
    if (gate == NULL) {
        return;
    }
    gdi_nonces_close(gate->nonces);
    (void)pthread_mutex_destroy(&gate->lock);
    free(gate);
}

void gdi_request_collect(gdi_request_proof *proof, const char *name, const char *value)
{
    static const char *const names[GDI_SIGNED_HEADERS] = {"validator-hotkey", "miner-hotkey", "nonce", "signature"};
    const char **const slots[GDI_SIGNED_HEADERS] = {&proof->validator_hotkey, &proof->miner_hotkey, &proof->nonce,
                                                    &proof->signature};
    for (uint32_t i = 0; i < GDI_SIGNED_HEADERS; i++) {
        if (strcasecmp(name, names[i]) != 0) {
            continue;
        }
        if (*slots[i] != NULL) {
            proof->twice = names[i];
        }
        *slots[i] = value;
    }
}

/* ---- the checks, each 1 when it is passed; the others have filled in the verdict ---- */

GOD_PRINTF(3, 4) static uint32_t refuse(gdi_request_verdict *verdict, uint32_t http_status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    verdict->http_status = http_status;
    (void)vsnprintf(verdict->detail, sizeof verdict->detail, format, args);
    va_end(args);
    return 0;
}

/* As the original's language prints it: the fewest digits that give the number back, and always a point. */
static void print_stake(double stake, char ret_text[GDI_REQUEST_DETAIL_BYTES])
{
    const char *format = stake == 0 || (stake >= 1e-4 && stake < 1e16) ? "%.*f" : "%.*g";
    for (int digits = 1; digits <= 20; digits++) {
        (void)snprintf(ret_text, GDI_REQUEST_DETAIL_BYTES, format, digits, stake);
        if (strtod(ret_text, NULL) == stake) {
            return;
        }
    }
}

static uint32_t check_caller(const gdi_request_gate *gate, const gdi_request_proof *proof, gdi_request_verdict *verdict)
{
    double stake = 0;
    char shown[GDI_REQUEST_DETAIL_BYTES];
    if (proof->twice != NULL) {
        return refuse(verdict, 422, "header %s came twice", proof->twice);
    }
    if (proof->validator_hotkey == NULL) {
        return refuse(verdict, 422, "missing header validator-hotkey");
    }
    if (gate->options.caller == NULL) {
        return 1;
    }
    if (!gate->options.caller(gate->options.user, proof->validator_hotkey, &stake)) {
        return refuse(verdict, 403, "Hotkey not found in metagraph");
    }
    if (!(stake >= gate->options.stake_min_tao)) {
        print_stake(stake, shown);
        return refuse(verdict, 403, "Insufficient stake of %.64s ", shown);
    }
    return 1;
}

static uint32_t check_complete(const gdi_request_proof *proof, gdi_request_verdict *verdict)
{
    const char *missing = proof->miner_hotkey == NULL ? "miner-hotkey"
                          : proof->nonce == NULL      ? "nonce"
                          : proof->signature == NULL  ? "signature"
                                                      : NULL;
    return missing == NULL ? 1 : refuse(verdict, 422, "missing header %s", missing);
}

static uint32_t knows(gdi_request_gate *gate, const char *nonce)
{
    (void)pthread_mutex_lock(&gate->lock);
    uint32_t known = gdi_nonces_knows(gate->nonces, nonce);
    (void)pthread_mutex_unlock(&gate->lock);
    return known;
}

/* The number before the first underscore is a time near now. */
static uint32_t check_time(const char *nonce, uint64_t now_ns)
{
    const uint64_t limit_ns = (uint64_t)GDI_REQUEST_NONCE_AGE_S * 1000000000u;
    uint64_t at_ns = 0;
    size_t digits = strspn(nonce, "0123456789");
    if (digits == 0 || (nonce[digits] != '\0' && nonce[digits] != '_')) {
        return 0;
    }
    for (size_t i = 0; i < digits; i++) {
        if (__builtin_mul_overflow(at_ns, 10u, &at_ns) ||
            __builtin_add_overflow(at_ns, (uint64_t)(nonce[i] - '0'), &at_ns)) {
            return 0;
        }
    }
    return (at_ns > now_ns ? at_ns - now_ns : now_ns - at_ns) <= limit_ns;
}

static uint32_t check_nonce(gdi_request_gate *gate, const char *nonce, uint64_t now_ns, gdi_request_verdict *verdict)
{
    return gdi_nonce_is_plain(nonce) && !knows(gate, nonce) && check_time(nonce, now_ns)
               ? 1
               : refuse(verdict, 401, "%s", bad_nonce);
}

static uint32_t read_signature(const char *text, uint8_t ret_signature[GDI_SR25519_SIGNATURE_BYTES])
{
    size_t bytes = 0;
    return strnlen(text, GDI_SIGNATURE_TEXT_BYTES) == GDI_SIGNATURE_TEXT_BYTES - 1 && strncmp(text, "0x", 2) == 0 &&
           sodium_hex2bin(ret_signature, GDI_SR25519_SIGNATURE_BYTES, text + 2, GDI_SIGNATURE_TEXT_BYTES - 3, NULL,
                          &bytes, NULL) == 0 &&
           bytes == GDI_SR25519_SIGNATURE_BYTES;
}

static uint32_t is_signed(const gdi_request_gate *gate, const gdi_request_proof *proof)
{
    char text[GDI_SIGNED_TEXT_BYTES], wrapped[GDI_SIGNED_TEXT_BYTES + 16];
    uint8_t account[GDI_ACCOUNT_BYTES], miner[GDI_ACCOUNT_BYTES], signature[GDI_SR25519_SIGNATURE_BYTES];
    if (gdi_ss58_decode(proof->validator_hotkey, account, NULL) != GOD_OK ||
        gdi_ss58_decode(proof->miner_hotkey, miner, NULL) != GOD_OK || !read_signature(proof->signature, signature)) {
        return 0;
    }
    size_t bytes =
        gdi_signed_text(proof->nonce, proof->miner_hotkey, proof->has_body, proof->body, proof->body_bytes, text);
    if (gdi_sr25519_verify(account, text, bytes, signature)) {
        return 1;
    }
    if (!gate->options.wrapped_signatures) {
        return 0;
    }
    bytes = (size_t)snprintf(wrapped, sizeof wrapped, "<Bytes>%s</Bytes>", text);
    return gdi_sr25519_verify(account, wrapped, bytes, signature);
}

/* Looked up again under the lock: of many threads with the same nonce one is the first. */
static uint32_t take_nonce(gdi_request_gate *gate, const char *nonce, uint64_t now_ns, gdi_request_verdict *verdict)
{
    (void)pthread_mutex_lock(&gate->lock);
    uint32_t is_new = !gdi_nonces_knows(gate->nonces, nonce);
    uint32_t has_room = is_new && gdi_nonces_take(gate->nonces, nonce, now_ns);
    (void)pthread_mutex_unlock(&gate->lock);
    if (!is_new) {
        return refuse(verdict, 401, "%s", bad_nonce);
    }
    return has_room ? 1 : refuse(verdict, 503, "too many requests of the last minutes, try again later");
}

void gdi_request_verify(gdi_request_gate *gate, const gdi_request_proof *proof, uint64_t now_ns,
                        gdi_request_verdict *ret_verdict)
{
    gdi_request_verdict *verdict = ret_verdict;
    *verdict = (gdi_request_verdict){.http_status = 0};
    if (!check_caller(gate, proof, verdict) || !check_complete(proof, verdict) ||
        !check_nonce(gate, proof->nonce, now_ns, verdict)) {
        return;
    }
    if (!is_signed(gate, proof)) {
        (void)refuse(verdict, 401, "%s", bad_signature);
    } else if (strcmp(proof->miner_hotkey, gate->own_address) != 0) {
        (void)refuse(verdict, 401, "%s", bad_miner);
    } else if (take_nonce(gate, proof->nonce, now_ns, verdict)) {
        verdict->http_status = 200;
        (void)snprintf(verdict->caller, sizeof verdict->caller, "%s", proof->validator_hotkey);
    }
}
