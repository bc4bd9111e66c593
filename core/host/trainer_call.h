/* core/host/trainer_call.h: a question to a trainer over its HTTP interface (training specification, section 3), signed
 * when a wallet is configured. Source of the port: section 22.3. [any] */
#ifndef GDI_HOST_TRAINER_CALL_H
#define GDI_HOST_TRAINER_CALL_H

#include "core/host/executors.h"

enum { GDI_TRAINER_PORT = 8001 };

typedef struct gdi_trainer_call {
    const char *trainer_ip; /* a host name or an IPv4 address */
    const char *path;       /* "/v1/trainer/..." */
    const char *body;       /* posted; NULL: a GET */
    uint32_t limit_ms;
    size_t bytes_max; /* of the answer; 0: 1 MiB */
} gdi_trainer_call;

/* GOD_OK for an answer of any status; *ret_answer is NULL when it is no JSON, otherwise owned by the caller. Errors as
 * gdi_call_send; GOD_E_INVALID also for an address that is none. */
god_status gdi_trainer_ask(const gdi_execution *x, const gdi_trainer_call *call, long *ret_status, json_t **ret_answer,
                           god_error *err);

#endif
