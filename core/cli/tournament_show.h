/* core/cli/tournament_show.h: tournaments for people, from the JSON of the host. */
#ifndef GDI_CLI_TOURNAMENT_SHOW_H
#define GDI_CLI_TOURNAMENT_SHOW_H

#include <jansson.h>
#include <stdio.h>

void gdi_tournament_print_list(FILE *out, const json_t *tournaments);
void gdi_tournament_print(FILE *out, const json_t *details);

#endif
