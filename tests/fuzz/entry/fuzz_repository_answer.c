/* A miner's answer from outside: an error, or texts within their limits and without control characters. */
#include <stdlib.h>

#include "core/entry/notices.h"
#include "core/entry/repository_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    gdi_repository_answer answer = {.root = NULL};
    god_error err = GOD_ERROR_INIT;
    const char *text = (const char *)data;
    if (gdi_repository_answer_parse("answer", text, bytes, &answer, &err) != GOD_OK) {
        require(err.message[0] != '\0' && answer.root == NULL);
    } else {
        require(answer.github_repo[0] != '\0' && strlen(answer.github_repo) <= GDI_ANSWER_TEXT_BYTES_MAX);
        require(answer.commit_hash[0] != '\0' && strpbrk(answer.commit_hash, "\r\n") == NULL);
        require(answer.github_token == NULL || strpbrk(answer.github_token, "\r\n") == NULL);
        gdi_repository_answer_clear(&answer);
    }
    require(gdi_notice_equals(text, bytes / 2, text + bytes / 2, bytes - bytes / 2) ==
            gdi_notice_equals(text + bytes / 2, bytes - bytes / 2, text, bytes / 2));
    return 0;
}
