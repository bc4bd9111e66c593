#include "core/git/remote.h"

#include <string.h>

/* "https://HOST" of the address that asks must be the one the token was given for. */
static int is_same_host(const gdi_address *address, const char *url)
{
    gdi_address asking;
    god_error err = GOD_ERROR_INIT;
    return gdi_address_read(url, GDI_ADDRESS_LOCAL, &asking, &err) == GOD_OK && strcmp(asking.host, address->host) == 0;
}

int gdi_remote_give_token(git_credential **ret_credential, const char *url, const char *user_from_url, unsigned allowed,
                          void *payload)
{
    gdi_remote_talk *talk = payload;
    (void)user_from_url;
    if (talk->token == NULL) {
        (void)snprintf(talk->refused, sizeof talk->refused,
                       "the server wants a token: the repository is private or does not exist");
        return GIT_EUSER;
    }
    if (talk->asked++ > 0 || (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) == 0) {
        (void)snprintf(talk->refused, sizeof talk->refused, "the server refuses the token");
        return GIT_EUSER;
    }
    if (!is_same_host(talk->address, url)) {
        (void)snprintf(talk->refused, sizeof talk->refused, "another host than that of the address wants the token");
        return GIT_EUSER;
    }
    return git_credential_userpass_plaintext_new(ret_credential, "x-access-token", talk->token);
}

god_status gdi_remote_fail(const gdi_remote_talk *talk, const char *verb, god_error *err)
{
    char text[300];
    const git_error *last = git_error_last();
    const char *why = talk->refused[0] != '\0' ? talk->refused : last != NULL ? last->message : "unknown reason";
    (void)snprintf(text, sizeof text, "%s", why);
    gdi_address_scrub(text, talk->token);
    return god_fail(err, talk->refused[0] != '\0' ? GOD_E_DATA : GOD_E_IO, "cannot %s \"%.200s\": %s", verb,
                    talk->address->text, text);
}
