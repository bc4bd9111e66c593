#ifndef TEST_DPO_SUITES_H
#define TEST_DPO_SUITES_H

#include "support.h"

Suite *dpo_loss_suite(void);
Suite *dpo_pair_suite(void);
Suite *dpo_prepare_suite(void);

#endif
