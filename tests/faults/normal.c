/* The control: nothing is wrong with this one. Also the source of every fault that is one number or string. */
#include "normal.h"
