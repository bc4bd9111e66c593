/* core/cli/tournament_simulate.h: `god tournament simulate`, called by core/cli/tournament.c with argv[0] "simulate".
 */
#ifndef GDI_CLI_TOURNAMENT_SIMULATE_H
#define GDI_CLI_TOURNAMENT_SIMULATE_H

int gdi_cmd_tournament_simulate(int argc, char **argv);

#endif
