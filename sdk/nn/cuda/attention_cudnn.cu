#include "cuda/attention_cudnn.cuh"

#include <float.h>
#include <stdlib.h>

#include <new>

#include "cuda/cudnn_plan.cuh"

constexpr int64_t length_min = 1024, length_step = 4; /* the lengths of plans */
constexpr int64_t slots_max = 32, plan_rows = 65536;  /* slots of a plan: as many as make up so many rows */
constexpr int64_t dim_max = 256, copied_rows_max = 8192;
constexpr uint32_t plans_max = 16; /* a model with and without windows has two for each length */

struct known_plan {
    gnn_cudnn_shape shape;
    gnn_cudnn_plan plan; /* .plan == nullptr: cuDNN has none */
};

struct gnn_cudnn {
    gnn_cudnn_library library;
    void *handle;
    known_plan plans[plans_max];
    uint32_t plan_count, next_plan;
};

/* ---- opening and closing ---- */

static god_status start(gnn_device *device, gnn_cudnn *cudnn, god_error *err)
{
    GOD_TRY(gnn_cudnn_open(&cudnn->library, err));
    int status = cudnn->library.create(&cudnn->handle);
    if (status == GNN_CUDNN_SUCCESS) {
        status = cudnn->library.set_stream(cudnn->handle, device->stream);
    }
    return status == GNN_CUDNN_SUCCESS ? GOD_OK
                                       : god_fail(err, GOD_E_DEVICE, "cuDNN %zu cannot be started: %s",
                                                  cudnn->library.version(), cudnn->library.status_text(status));
}

god_status gnn_attention_choose(gnn_device *device, gnn_cudnn **ret_cudnn, god_error *err)
{
    const char *word = getenv("GOD_NN_ATTENTION");
    if (word == nullptr || word[0] == '\0' || strcmp(word, "own") == 0) {
        *ret_cudnn = nullptr;
        return GOD_OK;
    }
    if (strcmp(word, "cudnn") != 0) {
        return god_fail(err, GOD_E_INVALID, "GOD_NN_ATTENTION is \"%.40s\", it can be own or cudnn", word);
    }
    gnn_cudnn *cudnn = new (std::nothrow) gnn_cudnn();
    if (cudnn == nullptr) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for cuDNN");
    }
    god_status status = start(device, cudnn, err);
    if (status != GOD_OK) {
        gnn_cudnn_close(device, cudnn);
        return status;
    }
    *ret_cudnn = cudnn;
    return GOD_OK;
}

void gnn_cudnn_close(gnn_device *device, gnn_cudnn *cudnn)
{
    if (cudnn == nullptr) {
        return;
    }
    (void)cudaStreamSynchronize(device->stream);
    for (known_plan &known : cudnn->plans) {
        gnn_cudnn_plan_free(&cudnn->library, &known.plan);
    }
    if (cudnn->handle != nullptr) {
        (void)cudnn->library.destroy(cudnn->handle);
    }
    delete cudnn;
}

size_t gnn_cudnn_version(const gnn_cudnn *cudnn)
{
    return cudnn->library.version();
}

/* ---- what is taken ---- */

/* Columns of a row of the matrix that q, k and v lie in, from q on. */
static int64_t columns_of(const gnn_attention_args *args)
{
    const int64_t k_at = (const __nv_bfloat16 *)args->k - (const __nv_bfloat16 *)args->q;
    const int64_t v_at = (const __nv_bfloat16 *)args->v - (const __nv_bfloat16 *)args->q;
    return (k_at > v_at ? k_at : v_at) + args->kv_heads * args->dim;
}

bool gnn_attention_has_cudnn(const gnn_device *device, const gnn_attention_args *args)
{
    return device->cudnn != nullptr && device->dtype == GNN_BF16 && args->softcap <= 0.0f &&
           args->key_bias == nullptr && args->dim <= dim_max && (const char *)args->k > (const char *)args->q &&
           (const char *)args->v > (const char *)args->q && columns_of(args) <= args->stride &&
           gnn_is_wide<__nv_bfloat16>(args->q, args->stride, args->dim) &&
           gnn_is_wide<__nv_bfloat16>(args->k, args->stride, args->dim) &&
           gnn_is_wide<__nv_bfloat16>(args->v, args->stride, args->dim) &&
           gnn_is_wide<__nv_bfloat16>(args->y, args->y_stride, args->dim);
}

/* ---- plans ---- */

static int64_t length_of_plan(int64_t rows)
{
    int64_t length = length_min;
    while (length < rows) {
        length *= length_step;
    }
    return length;
}

static int64_t slots_of_plan(int64_t length)
{
    const int64_t slots = plan_rows / length;
    return slots < 1 ? 1 : slots > slots_max ? slots_max : slots;
}

static gnn_cudnn_shape shape_of(const gnn_attention_args *args, int64_t length)
{
    return {slots_of_plan(length), length,         args->heads,     args->kv_heads, args->dim,
            args->stride,          args->y_stride, args->window > 0};
}

static bool same(const gnn_cudnn_shape &a, const gnn_cudnn_shape &b)
{
    return a.slots == b.slots && a.length == b.length && a.heads == b.heads && a.kv_heads == b.kv_heads &&
           a.dim == b.dim && a.stride == b.stride && a.y_stride == b.y_stride && a.window == b.window;
}

/* The plan for sequences of up to `length` rows, made at its first use; that cuDNN has none is remembered, too. */
static god_status find_plan(gnn_device *device, const gnn_cudnn_shape &shape, const gnn_cudnn_plan **ret_plan,
                            god_error *err)
{
    gnn_cudnn *cudnn = device->cudnn;
    god_error why = GOD_ERROR_INIT;
    gnn_cudnn_plan plan = {};
    for (uint32_t i = 0; i < cudnn->plan_count; i++) {
        if (same(cudnn->plans[i].shape, shape)) {
            *ret_plan = &cudnn->plans[i].plan;
            return GOD_OK;
        }
    }
    const god_status status =
        gnn_cudnn_plan_make(&cudnn->library, cudnn->handle, nullptr, &shape, (int64_t)gnn_workspace_bytes, &plan, &why);
    if (status != GOD_OK && status != GOD_E_UNSUPPORTED) {
        return god_fail(err, status, "%s", why.message);
    }
    known_plan *place = &cudnn->plans[cudnn->next_plan];
    (void)cudaStreamSynchronize(device->stream); /* what the place's last plan has begun is over */
    gnn_cudnn_plan_free(&cudnn->library, &place->plan);
    *place = {shape, plan};
    cudnn->next_plan = (cudnn->next_plan + 1) % plans_max;
    cudnn->plan_count += cudnn->plan_count < plans_max ? 1u : 0u;
    *ret_plan = &place->plan;
    return GOD_OK;
}

/* ---- running one ---- */

/* Sequences that run together: first row and number of rows in q, k, v and y. */
struct slots {
    int64_t count, first[slots_max], rows[slots_max];
};

/* Where the arrays of a run lie, one behind the other, each at a multiple of 16. */
struct run_arrays {
    size_t offsets, o_offsets, rows, bytes;
};

static run_arrays arrays_of(int64_t count)
{
    const size_t offsets = ((size_t)(count + 1) * sizeof(int64_t) + 15) / 16 * 16;
    return {0, offsets, 2 * offsets, 2 * offsets + (size_t)count * sizeof(int32_t)};
}

/* Slots without a sequence begin where the last one ends and have no rows. */
static god_status send_arrays(gnn_device *device, const gnn_attention_args *args, const slots &work, int64_t count,
                              char **ret_arrays, god_error *err)
{
    alignas(16) char room[2 * (slots_max + 2) * sizeof(int64_t) + slots_max * sizeof(int32_t)] = {0};
    const run_arrays at = arrays_of(count);
    const int64_t end = work.first[work.count - 1] + work.rows[work.count - 1];
    void *copy = nullptr;
    for (int64_t i = 0; i <= count; i++) {
        const int64_t first = i < work.count ? work.first[i] : end;
        ((int64_t *)(room + at.offsets))[i] = first * args->stride;
        ((int64_t *)(room + at.o_offsets))[i] = first * args->y_stride;
    }
    for (int64_t i = 0; i < count; i++) {
        ((int32_t *)(room + at.rows))[i] = i < work.count ? (int32_t)work.rows[i] : 0;
    }
    GOD_TRY(gnn_cuda_stage(device, room, at.bytes, &copy, err));
    *ret_arrays = (char *)copy;
    return GOD_OK;
}

static int execute(gnn_device *device, const gnn_cudnn_plan *plan, const int64_t *uids, void *const *pointers,
                   int64_t count)
{
    const gnn_cudnn_library &cudnn = device->cudnn->library;
    gnn_cudnn_descriptor pack = nullptr;
    int status = cudnn.descriptor_new(GNN_CUDNN_VARIANT_PACK, &pack);
    if (status != GNN_CUDNN_SUCCESS) {
        return status;
    }
    status = cudnn.set(pack, GNN_CUDNN_VARIANT_PACK_UIDS, GNN_CUDNN_IS_INT64, count, uids);
    if (status == GNN_CUDNN_SUCCESS) {
        status = cudnn.set(pack, GNN_CUDNN_VARIANT_PACK_POINTERS, GNN_CUDNN_IS_POINTER, count, pointers);
    }
    if (status == GNN_CUDNN_SUCCESS) {
        status = cudnn.set(pack, GNN_CUDNN_VARIANT_PACK_WORKSPACE, GNN_CUDNN_IS_POINTER, 1, &device->workspace);
    }
    if (status == GNN_CUDNN_SUCCESS) {
        status = cudnn.finalize(pack);
    }
    if (status == GNN_CUDNN_SUCCESS) {
        status = cudnn.execute(device->cudnn->handle, plan->plan, pack);
    }
    (void)cudnn.descriptor_free(pack);
    return status;
}

static god_status run_plan(gnn_device *device, const gnn_attention_args *args, const gnn_cudnn_plan *plan,
                           const slots &work, int64_t slot_count, god_error *err)
{
    char *arrays = nullptr;
    float scale = args->scale, lowest = -FLT_MAX, window = (float)args->window;
    const run_arrays at = arrays_of(slot_count);
    GOD_TRY(send_arrays(device, args, work, slot_count, &arrays, err));
    const int64_t uids[] = {GNN_CUDNN_Q,
                            GNN_CUDNN_K,
                            GNN_CUDNN_V,
                            GNN_CUDNN_O,
                            GNN_CUDNN_Q_ROWS,
                            GNN_CUDNN_KV_ROWS,
                            GNN_CUDNN_OFFSETS,
                            GNN_CUDNN_O_OFFSETS,
                            GNN_CUDNN_SCALE,
                            GNN_CUDNN_LOWEST_PADDED,
                            GNN_CUDNN_LOWEST_CAUSAL,
                            GNN_CUDNN_WINDOW,
                            GNN_CUDNN_LOWEST_WINDOW};
    void *const pointers[] = {(void *)args->q,
                              (void *)args->k,
                              (void *)args->v,
                              args->y,
                              arrays + at.rows,
                              arrays + at.rows,
                              arrays + at.offsets,
                              arrays + at.o_offsets,
                              &scale,
                              &lowest,
                              &lowest,
                              &window,
                              &lowest};
    const int64_t all = (int64_t)(sizeof uids / sizeof uids[0]), without_window = all - 2;
    const int status = execute(device, plan, uids, pointers, args->window > 0 ? all : without_window);
    return status == GNN_CUDNN_SUCCESS ? GOD_OK
                                       : god_fail(err, GOD_E_DEVICE, "attention by cuDNN failed on the CUDA device: %s",
                                                  device->cudnn->library.status_text(status));
}

/* By our own kernels, each sequence as a pack of its own. */
static god_status run_own(gnn_device *device, const gnn_attention_args *args, const slots &work, god_error *err)
{
    for (int64_t i = 0; i < work.count; i++) {
        const int64_t starts[] = {0, work.rows[i]}, at = work.first[i] * args->stride;
        gnn_attention_args alone = *args;
        alone.q = gnn_at_const(args->q, GNN_BF16, at);
        alone.k = gnn_at_const(args->k, GNN_BF16, at);
        alone.v = gnn_at_const(args->v, GNN_BF16, at);
        alone.y = gnn_at(args->y, GNN_BF16, work.first[i] * args->y_stride);
        alone.starts = starts;
        alone.prefixes = nullptr;
        alone.sequences = 1;
        GOD_TRY(gnn_attention_own(device, &alone, err));
    }
    return GOD_OK;
}

/* Sequences that share a plan's length. */
static god_status run_slots(gnn_device *device, const gnn_attention_args *args, const slots &work, int64_t length,
                            god_error *err)
{
    const gnn_cudnn_plan *plan = nullptr;
    const gnn_cudnn_shape shape = shape_of(args, length);
    if (work.count == 0) {
        return GOD_OK;
    }
    GOD_TRY(find_plan(device, shape, &plan, err));
    return plan->plan != nullptr ? run_plan(device, args, plan, work, shape.slots, err)
                                 : run_own(device, args, work, err);
}

/* ---- packs ---- */

static bool has_prefix(const gnn_attention_args *args, int64_t sequence)
{
    return args->prefixes != nullptr && args->prefixes[sequence] >= 0;
}

static int64_t whole_rows(const gnn_attention_args *args, int64_t sequence)
{
    return gnn_attention_before(args, sequence) + args->starts[sequence + 1] - args->starts[sequence];
}

/* The sequences of this plan's length that lie in one piece. */
static god_status run_in_place(gnn_device *device, const gnn_attention_args *args, int64_t length, god_error *err)
{
    slots work = {};
    for (int64_t s = 0; s < args->sequences; s++) {
        const int64_t rows = args->starts[s + 1] - args->starts[s];
        if (rows == 0 || has_prefix(args, s) || length_of_plan(rows) != length) {
            continue;
        }
        work.first[work.count] = args->starts[s];
        work.rows[work.count++] = rows;
        if (work.count == slots_of_plan(length)) {
            GOD_TRY(run_slots(device, args, work, length, err));
            work.count = 0;
        }
    }
    return run_slots(device, args, work, length, err);
}

/* Copies of whole sequences: rows as in the pack, with its strides. */
struct copies {
    void *qkv, *y;
    int64_t room; /* rows */
    int64_t sequence[slots_max];
    slots work;
};

static cudaError_t copy_rows(gnn_device *device, void *to, const void *from, int64_t stride, int64_t rows,
                             int64_t columns)
{
    const size_t row_bytes = (size_t)stride * 2;
    return cudaMemcpy2DAsync(to, row_bytes, from, row_bytes, (size_t)columns * 2, (size_t)rows,
                             cudaMemcpyDeviceToDevice, device->stream);
}

static cudaError_t copy_in(gnn_device *device, const gnn_attention_args *args, copies *c, int64_t slot)
{
    const int64_t s = c->sequence[slot], before = gnn_attention_before(args, s), own = whole_rows(args, s) - before;
    const int64_t columns = columns_of(args), first = c->work.first[slot];
    const int64_t from = args->starts[args->prefixes[s]];
    cudaError_t code = copy_rows(device, gnn_at(c->qkv, GNN_BF16, first * args->stride),
                                 gnn_at_const(args->q, GNN_BF16, from * args->stride), args->stride, before, columns);
    return code != cudaSuccess
               ? code
               : copy_rows(device, gnn_at(c->qkv, GNN_BF16, (first + before) * args->stride),
                           gnn_at_const(args->q, GNN_BF16, args->starts[s] * args->stride), args->stride, own, columns);
}

static cudaError_t copy_out(gnn_device *device, const gnn_attention_args *args, const copies *c, int64_t slot)
{
    const int64_t s = c->sequence[slot], before = gnn_attention_before(args, s), own = whole_rows(args, s) - before;
    return copy_rows(device, gnn_at(args->y, GNN_BF16, args->starts[s] * args->y_stride),
                     gnn_at_const(c->y, GNN_BF16, (c->work.first[slot] + before) * args->y_stride), args->y_stride, own,
                     args->heads * args->dim);
}

static god_status run_copies(gnn_device *device, const gnn_attention_args *args, copies *c, int64_t length,
                             god_error *err)
{
    gnn_attention_args whole = *args;
    cudaError_t code = cudaSuccess;
    for (int64_t i = 0; i < c->work.count && code == cudaSuccess; i++) {
        code = copy_in(device, args, c, i);
    }
    if (code != cudaSuccess) {
        return gnn_cuda_fail(code, "a copy for attention", err);
    }
    whole.q = c->qkv;
    whole.k = (const char *)c->qkv + ((const char *)args->k - (const char *)args->q);
    whole.v = (const char *)c->qkv + ((const char *)args->v - (const char *)args->q);
    whole.y = c->y;
    GOD_TRY(run_slots(device, &whole, c->work, length, err));
    for (int64_t i = 0; i < c->work.count && code == cudaSuccess; i++) {
        code = copy_out(device, args, c, i);
    }
    c->work.count = 0;
    return code == cudaSuccess ? GOD_OK : gnn_cuda_fail(code, "a copy for attention", err);
}

static god_status run_with_prefixes(gnn_device *device, const gnn_attention_args *args, copies *c, int64_t length,
                                    god_error *err)
{
    int64_t used = 0;
    for (int64_t s = 0; s < args->sequences; s++) {
        const int64_t rows = whole_rows(args, s);
        if (!has_prefix(args, s) || length_of_plan(rows) != length) {
            continue;
        }
        if (c->work.count == slots_of_plan(length) || used + rows > c->room) {
            GOD_TRY(run_copies(device, args, c, length, err));
            used = 0;
        }
        c->sequence[c->work.count] = s;
        c->work.first[c->work.count] = used;
        c->work.rows[c->work.count++] = rows;
        used += rows;
    }
    return run_copies(device, args, c, length, err);
}

/* Room for the copies that a pack needs: none, all its rows, or a bounded number of them. */
static god_status make_room(gnn_device *device, const gnn_attention_args *args, copies *c, god_error *err)
{
    int64_t longest = 0, all = 0;
    for (int64_t s = 0; s < args->sequences; s++) {
        const int64_t rows = has_prefix(args, s) ? whole_rows(args, s) : 0;
        longest = rows > longest ? rows : longest;
        all += rows;
    }
    const int64_t bound = longest > copied_rows_max ? longest : copied_rows_max;
    c->room = all < bound ? all : bound;
    if (c->room == 0) {
        return GOD_OK;
    }
    cudaError_t code = cudaMallocAsync(&c->qkv, (size_t)(c->room * args->stride) * 2, device->stream);
    if (code == cudaSuccess) {
        code = cudaMallocAsync(&c->y, (size_t)(c->room * args->y_stride) * 2, device->stream);
    }
    return code == cudaSuccess ? GOD_OK : gnn_cuda_fail(code, "allocation", err);
}

static god_status run_all(gnn_device *device, const gnn_attention_args *args, copies *c, god_error *err)
{
    int64_t longest = 0;
    for (int64_t s = 0; s < args->sequences; s++) {
        const int64_t rows = whole_rows(args, s);
        longest = rows > longest ? rows : longest;
    }
    GOD_TRY(make_room(device, args, c, err));
    for (int64_t length = length_min; length <= length_of_plan(longest); length *= length_step) {
        GOD_TRY(run_in_place(device, args, length, err));
        if (c->room > 0) {
            GOD_TRY(run_with_prefixes(device, args, c, length, err));
        }
    }
    return GOD_OK;
}

god_status gnn_attention_cudnn(gnn_device *device, const gnn_attention_args *args, god_error *err)
{
    copies c = {};
    const god_status status = run_all(device, args, &c, err);
    if (c.qkv != nullptr) {
        (void)cudaFreeAsync(c.qkv, device->stream);
    }
    if (c.y != nullptr) {
        (void)cudaFreeAsync(c.y, device->stream);
    }
    return status;
}
