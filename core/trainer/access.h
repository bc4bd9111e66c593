/* core/trainer/access.h: who may ask a trainer: addresses (training specification 3), and signatures (identity
 * specification 2).
 *
 * An address: 127.0.0.1, or one of "trainer.callers"; when that is empty, of ORCHESTRATOR_IPS in the environment (comma
 * between them), then ORCHESTRATOR_IP, then 185.141.218.122. Proxy headers are not read.
 *
 * A signature: needed unless "trainer.require_signature" is 0; by one of "trainer.validators", addressed to
 * "trainer.hotkey".
 *
 * Owned by whoever opened it. [any] once it is open */
#ifndef GDI_TRAINER_ACCESS_H
#define GDI_TRAINER_ACCESS_H

#include "core/config/config.h"
#include "core/http/route.h"

typedef struct gdi_access gdi_access;

/* GOD_E_INVALID for settings that let nobody in, or that name no hotkey. */
god_status gdi_access_open(const gdi_config *config, gdi_access **ret_access, god_error *err);
void gdi_access_close(gdi_access *access); /* accepts NULL */

/* GOD_E_CANCELLED: "Access forbidden". */
god_status gdi_access_check_peer(const gdi_access *access, const char *peer, god_error *err);

/* 1: go on. 0: *ret_answer says why not, with the status code and sentence of identity specification 2.3. The body that
 * was signed is request->text. */
uint32_t gdi_access_admits(gdi_access *access, const gdi_request *request, gdi_answer *ret_answer);

#endif
