/* float_text.h: a double as Python prints it, because miners' containers parse what Python programs wrote. [any]
 *
 * The shortest digits that give the same double back, always with a fractional part ("2.0"); exponent form below 1e-4
 * and from 1e16 on ("1e-05", "1e+16"). spec/training.md 13.1.
 */
#ifndef GTX_FLOAT_TEXT_H
#define GTX_FLOAT_TEXT_H

enum { GTX_FLOAT_TEXT_BYTES = 48 };

/* Writes "nan", "inf" or "-inf" for values that are not finite. */
void gtx_float_text(double value, char ret_text[GTX_FLOAT_TEXT_BYTES]);

#endif
