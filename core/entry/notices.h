/* core/entry/notices.h: licence and notice of an entered repository, compared with the validator's own (tournament
 * specification, section 8.2).
 *
 *   LICENSE   first of LICENSE.md, LICENSE, license.md, license, License.md, License
 *   NOTICE    first of NOTICE, NOTICE.txt, notice.txt, Notice.txt, notice, Notice
 *
 * Two texts are the same when their lines are, white space at the end of each left out; LF, CRLF and CR end a line, and
 * a final one adds no empty line. What is not UTF-8 is different. [any]
 */
#ifndef GDI_ENTRY_NOTICES_H
#define GDI_ENTRY_NOTICES_H

#include "god/error.h"

enum { GDI_NOTICE_BYTES_MAX = 1 << 20, GDI_NOTICES_REASON_BYTES = 128 };

/* 1: the two texts are the same in this sense. */
uint32_t gdi_notice_equals(const char *text, size_t bytes, const char *other, size_t other_bytes);

/* The folder is the top of the repository; the reference files may be "", which skips that comparison.
 * ret_reason is "" when the repository may enter, otherwise a sentence for its miner: `LICENSE: ...`. Fails only when
 * our own side cannot be read. */
god_status gdi_notices_check(const char *tree_dir, const char *license_file, const char *notice_file,
                             char ret_reason[GDI_NOTICES_REASON_BYTES], god_error *err);

#endif
