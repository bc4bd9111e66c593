#include "failing_alloc.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { blocks_max = 1 << 16 };

static struct {
    size_t count, fail_at;
    int active;
    void *blocks[blocks_max];
    size_t block_count;
} state;

void *__real_malloc(size_t bytes);
void __real_free(void *block);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);
void __wrap_free(void *block);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t bytes);

static int is_to_fail(void)
{
    return state.active && ++state.count == state.fail_at;
}

static void *track(void *block)
{
    assert(state.block_count < blocks_max);
    if (block != NULL) {
        state.blocks[state.block_count++] = block;
    }
    return block;
}

/* Blocks that came from inside a library are not known here. */
static void forget(const void *block)
{
    for (size_t i = state.block_count; i-- > 0;) {
        if (state.blocks[i] == block) {
            state.blocks[i] = state.blocks[--state.block_count];
            return;
        }
    }
}

void *__wrap_malloc(size_t bytes)
{
    return is_to_fail() ? NULL : track(__real_malloc(bytes));
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    if (is_to_fail() || (bytes != 0 && count > (size_t)-1 / bytes)) {
        return NULL;
    }
    void *block = track(__real_malloc(count * bytes));
    return block == NULL ? NULL : memset(block, 0, count * bytes);
}

void __wrap_free(void *block)
{
    forget(block);
    __real_free(block);
}

extern void *__real_realloc(void *block, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes)
{
    if (is_to_fail()) {
        return NULL;
    }
    void *moved = __real_realloc(block, bytes);
    if (moved != NULL) {
        forget(block);
        (void)track(moved);
    }
    return moved;
}

char *__wrap_strndup(const char *text, size_t bytes)
{
    size_t length = strnlen(text, bytes);
    char *copy = __wrap_malloc(length + 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *__wrap_strdup(const char *text)
{
    return __wrap_strndup(text, strlen(text));
}

void failing_alloc_begin(size_t fail_at)
{
    state.count = 0;
    state.fail_at = fail_at;
    state.active = 1;
}

size_t failing_alloc_end(void)
{
    state.active = 0;
    return state.count;
}

size_t failing_alloc_live(void)
{
    return state.block_count;
}

void failing_alloc_use_in_jansson(void)
{
    json_set_alloc_funcs(__wrap_malloc, __wrap_free);
}
