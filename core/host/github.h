/* core/host/github.h: addresses of GitHub's interface for a repository's address. [any] */
#ifndef GDI_HOST_GITHUB_H
#define GDI_HOST_GITHUB_H

#include "core/config/config.h"

enum { GDI_GITHUB_URL_BYTES = 2048 };

/* "https://github.com/OWNER/NAME[.git]" as "<entry.github_api>/repos/OWNER/NAME" and `rest`, such as "/branches/main".
 * GOD_E_INVALID for what is no such repository. */
god_status gdi_github_url(const gdi_config *config, const char *repository, const char *rest,
                          char ret_url[GDI_GITHUB_URL_BYTES], god_error *err);

#endif
