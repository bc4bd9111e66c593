/* Models of which only the output matrix is left. */
#include "lm/model.h"

god_status gnn_lm_check_whole(const god_nn_lm *lm, god_error *err)
{
    return lm->params.layers != NULL ? GOD_OK
                                     : god_fail(err, GOD_E_INVALID, "only the output matrix of the model is left");
}

void gnn_lm_free_tables(god_nn_lm *lm)
{
    gnn_alibi_fini(lm->engine, &lm->alibi);
    gnn_tables_fini(lm->engine, &lm->tables[0]);
    gnn_tables_fini(lm->engine, &lm->tables[1]);
}

void god_nn_lm_keep_head(god_nn_lm *lm)
{
    const gnn_linear head = lm->params.head;
    gnn_lm_free_tables(lm);
    gnn_stock_keep(&lm->stock, &head);
    gnn_params_fini(&lm->params);
    lm->params = (gnn_params){.head = head};
}
