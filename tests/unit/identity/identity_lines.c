/* Signs and verifies for programs in other languages: one question per line, one answer per line.
 *
 *     sign   SEED MESSAGE              -> PUBLIC SIGNATURE        all in hex; "-" is an empty message
 *     verify PUBLIC MESSAGE SIGNATURE  -> 1 or 0
 *     request OWN VALIDATOR MINER NONCE SIGNATURE [BODY]  -> 200, or a status and why: one gate, opened with the
 *                                                           first line's OWN, remembers nonces from line to line
 */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "core/identity/request_signature.h"

enum { message_bytes_max = 1 << 16, words_max = 8 };

static size_t message_of(const char *hex, uint8_t *ret_message)
{
    return strcmp(hex, "-") == 0 ? 0 : bytes_of_hex(hex, ret_message, message_bytes_max);
}

static void sign(char **words, uint8_t *message)
{
    uint8_t seed[32], secret[64], public_key[32], signature[64];
    char hex[129];
    (void)bytes_of_hex(words[1], seed, sizeof seed);
    size_t bytes = message_of(words[2], message);
    gdi_sr25519_expand(seed, secret);
    if (gdi_sr25519_public(secret, public_key, NULL) != GOD_OK) {
        exit(EXIT_FAILURE);
    }
    gdi_sr25519_sign(secret, public_key, message, bytes, NULL, signature);
    hex_of_bytes(public_key, sizeof public_key, hex);
    printf("%s ", hex);
    hex_of_bytes(signature, sizeof signature, hex);
    printf("%s\n", hex);
}

static void verify(char **words, uint8_t *message)
{
    uint8_t public_key[32], signature[64];
    (void)bytes_of_hex(words[1], public_key, sizeof public_key);
    size_t bytes = message_of(words[2], message);
    (void)bytes_of_hex(words[3], signature, sizeof signature);
    printf("%u\n", gdi_sr25519_verify(public_key, message, bytes, signature));
}

static void request(char **words, gdi_request_gate **gate, uint8_t *message)
{
    god_error err = GOD_ERROR_INIT;
    gdi_request_verdict verdict;
    const gdi_request_gate_options options = {.own_address = words[1]};
    if (*gate == NULL && gdi_request_gate_open(&options, gate, &err) != GOD_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        exit(EXIT_FAILURE);
    }
    gdi_request_proof proof = {.validator_hotkey = words[2],
                               .miner_hotkey = words[3],
                               .nonce = words[4],
                               .signature = words[5],
                               .has_body = words[6] != NULL,
                               .body = message};
    proof.body_bytes = words[6] == NULL ? 0 : message_of(words[6], message);
    gdi_request_verify(*gate, &proof, gdi_request_now_ns(), &verdict);
    printf("%u%s%s\n", verdict.http_status, verdict.detail[0] == '\0' ? "" : " ", verdict.detail);
}

int main(void)
{
    static char line[4 * message_bytes_max];
    static uint8_t message[message_bytes_max];
    gdi_request_gate *gate = NULL;
    if (gdi_sr25519_start(NULL) != GOD_OK) {
        return EXIT_FAILURE;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *words[words_max + 1] = {NULL};
        size_t count = 0;
        for (char *word = strtok(line, " \n"); word != NULL && count < words_max; word = strtok(NULL, " \n")) {
            words[count++] = word;
        }
        if (count == 3 && strcmp(words[0], "sign") == 0) {
            sign(words, message);
        } else if (count == 4 && strcmp(words[0], "verify") == 0) {
            verify(words, message);
        } else if (count >= 6 && strcmp(words[0], "request") == 0) {
            request(words, &gate, message);
        } else {
            return EXIT_FAILURE;
        }
        (void)fflush(stdout);
    }
    gdi_request_gate_close(gate);
    return EXIT_SUCCESS;
}
