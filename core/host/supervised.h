/* core/host/supervised.h: talking to systemd when it started us (Type=notify, WatchdogSec=): one datagram to the socket
 * that $NOTIFY_SOCKET names. Does nothing anywhere else. [one] */
#ifndef GDI_HOST_SUPERVISED_H
#define GDI_HOST_SUPERVISED_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1", lines of them; see sd_notify(3). */
void gdi_supervised_tell(const char *state);

/* How often to say WATCHDOG=1: half of what systemd waits. 0: it does not watch. */
uint32_t gdi_supervised_beat_ms(void);

#endif
