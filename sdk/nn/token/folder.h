/* folder.h: the configuration files beside a tokenizer, parsed. [one]
 *
 * Whole numbers are read as real ones, because model_max_length is often 10^30. */
#ifndef GDT_FOLDER_H
#define GDT_FOLDER_H

#include <jansson.h>

#include "classes.h"
#include "god/error.h"

typedef struct gdt_folder {
    const char *dir;        /* borrowed */
    json_t *config;         /* tokenizer_config.json; NULL: there is none, as for the others */
    json_t *special_map;    /* special_tokens_map.json */
    json_t *added_map;      /* added_tokens.json */
    json_t *model_config;   /* config.json, read when tokenizer_config.json names no class */
    const gdt_class *type;  /* by tokenizer_class, else by model_type */
    const char *class_name; /* as it is written, borrowed; NULL: none */
} gdt_folder;

#define GDT_CONFIG_FILE "tokenizer_config.json"

god_status gdt_folder_open(gdt_folder *folder, const char *dir, god_error *err);
void gdt_folder_close(gdt_folder *folder);

/* Path of a file of the folder; *ret_exists 0 when it is not there. `ret_path` has GOD_PATH_MAX bytes. */
god_status gdt_folder_find(const gdt_folder *folder, const char *name, char *ret_path, uint32_t *ret_exists,
                           god_error *err);
/* A boolean member of tokenizer_config.json; `absent` when it is not there or null. */
god_status gdt_folder_flag(const gdt_folder *folder, const char *key, uint32_t absent, uint32_t *ret_flag,
                           god_error *err);

#endif
