/* core/loader/checks_data.h: the files of the given task, as the host would hand them to a plug-in. [one] */
#ifndef GDI_LOADER_CHECKS_DATA_H
#define GDI_LOADER_CHECKS_DATA_H

#include "core/loader/checks_host.h"
#include "god/helpers/sha256.h"

enum { GDI_CHECK_NEEDS_MAX = 16, GDI_CHECK_KEY_BYTES = 129 };

/* What `needs` named. */
typedef struct gdi_check_needs_list {
    char keys[GDI_CHECK_NEEDS_MAX][GDI_CHECK_KEY_BYTES];
    char texts[GDI_CHECK_NEEDS_MAX][512]; /* each need in one line, to compare two lists */
    uint32_t count, refuse_at;            /* the item to refuse, from 1; 0: none */
    char broken[160];                     /* the first item that the contract does not allow */
} gdi_check_needs_list;

god_status gdi_check_list_needs(const gdi_checked *what, god_instance *instance, gdi_check_needs_list *list,
                                god_error *err);

/* Inputs that meet the needs: --data for "data", --base for "base". Points into itself: do not copy it. */
typedef struct gdi_check_inputs {
    god_inputs inputs;
    god_input items[GDI_CHECK_NEEDS_MAX];
    const god_input *pointers[GDI_CHECK_NEEDS_MAX];
    char digests[GDI_CHECK_NEEDS_MAX][GOD_SHA256_HEX];
    gdi_check_needs_list list;
} gdi_check_inputs;

/* GDI_PASS; GDI_SKIP when a need cannot be met with what was given; GDI_FAIL when `needs` fails. */
uint32_t gdi_check_meet_needs(const gdi_checked *what, god_instance *instance, gdi_check_inputs *ret_inputs,
                              god_error *ret_why);

/* Fills the folder work_dir/name with prepared data. The path is GOD_PATH_MAX bytes. */
uint32_t gdi_check_prepare_into(const gdi_checked *what, god_instance *instance, const char *name, char *ret_path,
                                god_error *ret_why);

#endif
