/* core/entry/miner_address.h: where a miner says it can be asked, as an address that is safe to ask (identity
 * specification, section 2.5).
 *
 *     "203.0.113.7"      http://203.0.113.7:7999
 *     "2001:db8::7"      http://[2001:db8::7]:7999
 *     "3405803783"       the same as the first: older libraries write the number
 *     "0.0.0.1"          this machine, in development set-ups only
 *
 * Names are refused: an address is what the chain says, not what a name server says a moment later. So is everything
 * that is not in the public part of the internet, unless the caller allows it, so that a miner cannot point us at
 * services of our own network: this network, private, shared, loopback, link-local, benchmark, multicast and reserved
 * ranges of IPv4, and all of IPv6 but global unicast without its tunnels (6to4, Teredo). [any]
 */
#ifndef GDI_ENTRY_MINER_ADDRESS_H
#define GDI_ENTRY_MINER_ADDRESS_H

#include "god/error.h"

enum { GDI_MINER_URL_BYTES = 80 };

/* "http://203.0.113.7:7999", without a path. GOD_E_DATA: `"10.0.0.1" is not an address of the public internet`. */
god_status gdi_miner_url(const char *ip, int64_t port, uint32_t allow_private, char ret_url[GDI_MINER_URL_BYTES],
                         god_error *err);

#endif
