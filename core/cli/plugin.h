/* core/cli/plugin.h: the parts of `god plugin`, one file each. Called once, from the main thread; argv[0] is the name
 * of the part. They return the exit code of the program. */
#ifndef GDI_CLI_PLUGIN_H
#define GDI_CLI_PLUGIN_H

int gdi_plugin_list(int argc, char **argv);
int gdi_plugin_check(int argc, char **argv);
int gdi_plugin_new(int argc, char **argv);

#endif
