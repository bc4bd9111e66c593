/* Runs the threads of a block: one context per thread, switched at barriers and exchanges.
 *
 * A thread that waits for others notes how far its group has come (`passed`) and yields until that number grows. The
 * last of a group to arrive counts it up. When a turn over all threads changes nothing, they wait for somebody who
 * never comes: a barrier inside a branch, which a device may hang on, too. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include <map>
#include <memory>
#include <vector>

#include "emulated.h"
#include "ops/dtype.h"

dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace
{
constexpr size_t stack_bytes = 128 << 10;
constexpr uint32_t lanes = 32;

struct group {
    uint32_t members = 0, arrived = 0;
    uint64_t passed = 0;
};

struct copy {
    void *to;
    const void *from;
    bool there;
};

struct thread {
    jmp_buf place; /* where it goes on */
    std::unique_ptr<unsigned char[]> stack;
    bool begun = false, finished = false;
    std::vector<std::vector<copy>> copies; /* groups, oldest first; the last one is open */
};

struct warp {
    group members;
    unsigned char given[2][lanes * 16]; /* one exchange is read while the next is given */
};

struct block {
    const std::function<void()> *body = nullptr;
    std::vector<thread> threads;
    std::vector<warp> warps;
    group all;
    unsigned char *shared = nullptr;
    jmp_buf scheduler;
    uint32_t running = 0;
    uint64_t progress = 0; /* grows whenever a group passes or a thread ends */
};

block now;
std::map<const void *, size_t> shared_limits;

[[noreturn]] void give_up(const char *why)
{
    fprintf(stderr, "emulated: %s (block %u, %u; thread %u)\n", why, blockIdx.x, blockIdx.y, now.running);
    abort();
}

void pass(group &g)
{
    g.arrived = 0;
    g.passed++;
    now.progress++;
}

/* Away from thread `self`, until the scheduler comes back to it. */
void yield(uint32_t self)
{
    if (_setjmp(now.threads[self].place) == 0) {
        _longjmp(now.scheduler, 1);
    }
}

/* Returns when every member that has not ended has called it. */
void wait_for(group &g)
{
    const uint64_t passed = g.passed;
    const uint32_t self = now.running;
    if (++g.arrived == g.members) {
        pass(g);
        return;
    }
    while (g.passed == passed) {
        yield(self);
    }
}

void leave(group &g)
{
    if (--g.members > 0 && g.arrived == g.members) {
        pass(g);
    }
}

/* One turn of the loop is this thread of one block. */
void run_thread()
{
    const uint32_t self = now.running;
    for (;;) {
        (*now.body)();
        for (const std::vector<copy> &g : now.threads[self].copies) {
            if (!g.empty()) {
                give_up("a thread ended with copies that it did not wait for");
            }
        }
        now.threads[self].finished = true;
        now.progress++;
        leave(now.warps[self / lanes].members);
        leave(now.all);
        yield(self);
    }
}

/* The first time on a stack of its own, later by a jump, which asks nothing of the system. */
void go_on(uint32_t self)
{
    static ucontext_t first, back;
    thread &t = now.threads[self];
    if (_setjmp(now.scheduler) != 0) {
        return;
    }
    if (t.begun) {
        _longjmp(t.place, 1);
    }
    t.begun = true;
    getcontext(&first);
    first.uc_stack.ss_sp = t.stack.get();
    first.uc_stack.ss_size = stack_bytes;
    first.uc_link = nullptr;
    makecontext(&first, run_thread, 0);
    swapcontext(&back, &first); /* comes back by a jump */
}

void make_threads(uint32_t count)
{
    if (now.threads.size() != count) { /* stacks are kept from block to block */
        now.threads = std::vector<thread>(count);
        for (thread &t : now.threads) {
            t.stack.reset(new unsigned char[stack_bytes]);
        }
    }
    now.warps.assign((count + lanes - 1) / lanes, warp());
    for (uint32_t i = 0; i < count; i++) {
        thread &t = now.threads[i];
        t.finished = false;
        if (t.copies.size() != 1) {
            t.copies.assign(1, {});
        }
        now.warps[i / lanes].members.members++;
    }
    now.all = group();
    now.all.members = count;
}

bool backward()
{
    const char *order = getenv("GOD_EMULATED_ORDER");
    return order != nullptr && strcmp(order, "backward") == 0;
}

void run_block(uint32_t count)
{
    make_threads(count);
    const bool reversed = backward();
    for (uint32_t left = count; left > 0;) {
        const uint64_t before = now.progress;
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t t = reversed ? count - 1 - i : i;
            if (!now.threads[t].finished) {
                now.running = t;
                threadIdx = dim3(t, 0, 0);
                go_on(t);
                left -= now.threads[t].finished ? 1u : 0u;
            }
        }
        if (before == now.progress) {
            give_up("threads wait for others that never come");
        }
    }
}

bool is_refused(const void *kernel, dim3 grid, uint32_t threads, size_t shared)
{
    const auto found = shared_limits.find(kernel);
    const size_t shared_max = found != shared_limits.end() ? found->second : emulated_shared_bytes;
    return threads == 0 || threads > 1024 || grid.x == 0 || grid.y == 0 || grid.x > INT32_MAX || grid.y > 65535 ||
           grid.z != 1 || shared > shared_max;
}
} // namespace

void gnn_emulate(const void *kernel, dim3 grid, uint32_t threads, size_t shared, cudaStream_t,
                 const std::function<void()> &body)
{
    if (is_refused(kernel, grid, threads, shared)) {
        (void)emulated_error(cudaErrorInvalidConfiguration);
        return;
    }
    now.body = &body;
    gridDim = grid;
    blockDim = dim3(threads, 1, 1);
    for (uint32_t y = 0; y < grid.y; y++) {
        for (uint32_t x = 0; x < grid.x; x++) {
            /* of exactly this size, and full of NaN: what a kernel has not written is seen when it is read */
            now.shared = (unsigned char *)aligned_alloc(16, shared > 0 ? (shared + 15) / 16 * 16 : 16);
            memset(now.shared, 0xff, shared);
            blockIdx = dim3(x, y, 0);
            run_block(threads);
            free(now.shared);
        }
    }
}

unsigned char *gnn_emulated_shared()
{
    return now.shared;
}

cudaError_t cudaFuncSetAttribute(const void *kernel, cudaFuncAttribute, int value)
{
    if (value < 0 || (size_t)value > emulated_shared_bytes_max) {
        return emulated_error(cudaErrorInvalidValue);
    }
    shared_limits[kernel] = (size_t)value;
    return cudaSuccess;
}

/* Leaves threadIdx as it was: others have run meanwhile. */
static void wait_and_return(group &g)
{
    const uint32_t self = now.running;
    wait_for(g);
    now.running = self;
    threadIdx = dim3(self, 0, 0);
}

void __syncthreads()
{
    wait_and_return(now.all);
}

const unsigned char *gnn_emulated_exchange(const void *own, size_t bytes)
{
    warp &w = now.warps[now.running / lanes];
    unsigned char *given = w.given[w.members.passed % 2];
    if (w.members.members != lanes) {
        give_up("a warp exchanges values after some of its lanes have ended");
    }
    memcpy(given + now.running % lanes * bytes, own, bytes);
    wait_and_return(w.members);
    return given;
}

void gnn_copy_begin(void *to_shared, const void *from, bool there)
{
    if ((uintptr_t)to_shared % 16 != 0 || (there && (uintptr_t)from % 16 != 0)) {
        give_up("a copy in the background from or to an address that is not a multiple of 16");
    }
    memset(to_shared, 0xff, 16); /* nobody may read it before it is waited for */
    now.threads[now.running].copies.back().push_back({to_shared, from, there});
}

void gnn_copy_commit()
{
    now.threads[now.running].copies.emplace_back();
}

void gnn_emulated_copy_wait(size_t pending)
{
    std::vector<std::vector<copy>> &groups = now.threads[now.running].copies;
    while (groups.size() - 1 > pending) {
        for (const copy &c : groups.front()) {
            static const unsigned char zeros[16] = {0};
            memcpy(c.to, c.there ? c.from : zeros, 16);
        }
        groups.erase(groups.begin());
    }
}

void gnn_emulated_load_matrices(uint32_t to[4], const void *row, bool turned)
{
    const uint32_t lane = now.running % lanes;
    if ((uintptr_t)row % 16 != 0) {
        give_up("a row of a matrix at an address that is not a multiple of 16");
    }
    const unsigned char *rows = gnn_emulated_exchange(&row, sizeof row);
    for (uint32_t m = 0; m < 4; m++) {
        uint16_t pair[2];
        for (uint32_t i = 0; i < 2; i++) {
            const uint32_t r = turned ? 2 * (lane % 4) + i : lane / 4, c = turned ? lane / 4 : 2 * (lane % 4) + i;
            const uint16_t *from;
            memcpy(&from, rows + (8 * m + r) * sizeof from, sizeof from);
            pair[i] = from[c];
        }
        memcpy(&to[m], pair, sizeof to[m]);
    }
}

/* Element k of a row of a, whose lanes hold them in the order that launch.cuh gives. */
static float element_of_a(const unsigned char *all, uint32_t row, uint32_t k)
{
    uint16_t bits;
    const uint32_t lane = row % 8 * 4 + k % 8 / 2, part = row / 8 + k / 8 * 2;
    memcpy(&bits, all + lane * 16 + part * 4 + k % 2 * 2, sizeof bits);
    return gnn_bf16_widen(bits);
}

static float element_of_b(const unsigned char *all, uint32_t k, uint32_t col)
{
    uint16_t bits;
    memcpy(&bits, all + (col * 4 + k % 8 / 2) * 8 + k / 8 * 4 + k % 2 * 2, sizeof bits);
    return gnn_bf16_widen(bits);
}

void gnn_multiply_add(float (&sum)[4], const uint32_t (&a)[4], uint32_t b_low, uint32_t b_high)
{
    const uint32_t lane = now.running % lanes, b[2] = {b_low, b_high};
    unsigned char given_a[lanes * 16];
    memcpy(given_a, gnn_emulated_exchange(a, sizeof a), sizeof given_a);
    const unsigned char *given_b = gnn_emulated_exchange(b, sizeof b);
    for (uint32_t i = 0; i < 4; i++) {
        for (uint32_t k = 0; k < 16; k++) {
            sum[i] += element_of_a(given_a, lane / 4 + i / 2 * 8, k) * element_of_b(given_b, k, 2 * (lane % 4) + i % 2);
        }
    }
}
