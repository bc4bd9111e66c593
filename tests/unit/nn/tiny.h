/* Tiny models, written by the tests themselves: random weights from a seed in Hugging Face layout. Paths are relative
 * to the test's own working directory. Every function ends the test when something outside its subject goes wrong. */
#ifndef TESTS_NN_TINY_H
#define TESTS_NN_TINY_H

#include "lm/params.h"

enum { TINY_TENSORS_MAX = 512 };

typedef struct tiny_tensor {
    char name[300];
    char dtype[8]; /* BF16, F16, F32 or another that is then written as zeros of 1 byte */
    int64_t shape[3];
    int rank;
    uint8_t *data;
    size_t bytes;
} tiny_tensor;

typedef struct tiny_file {
    tiny_tensor tensors[TINY_TENSORS_MAX];
    size_t count;
    uint64_t random;
} tiny_file;

/* A number from 0 to 1, the next of the sequence. */
double tiny_random(uint64_t *state);

tiny_file *tiny_file_new(uint64_t seed);
void tiny_file_free(tiny_file *file);
/* Adds a tensor with values centre - spread .. centre + spread. rank 1 ignores `second`. */
tiny_tensor *tiny_add(tiny_file *file, const char *name, const char *dtype, int rank, int64_t first, int64_t second,
                      double centre, double spread);
tiny_tensor *tiny_find(tiny_file *file, const char *name);
void tiny_remove(tiny_file *file, const char *name);
void tiny_set(tiny_tensor *tensor, int64_t i, float value);
/* Writes tensors first .. last - 1. */
void tiny_write(const tiny_file *file, const char *path, size_t first, size_t last);

/* All tensors that a config.json needs, of one dtype. */
tiny_file *tiny_model_tensors(const char *config_json, const char *dtype, uint64_t seed);
/* dir/config.json and dir/model.safetensors */
void tiny_model_write(const char *dir, const char *config_json, const tiny_file *file);
void tiny_model_make(const char *dir, const char *config_json, const char *dtype, uint64_t seed);
/* dir/adapter_config.json and dir/adapter_model.safetensors: LoRA of the named slots in every layer */
tiny_file *tiny_adapter_tensors(const char *config_json, const char *const *slots, int64_t rank, uint64_t seed);
void tiny_adapter_write(const char *dir, const char *adapter_json, const tiny_file *file);

void tiny_text_write(const char *dir, const char *name, const char *text);
/* A fresh, empty folder below the working directory. */
void tiny_dir(const char *dir);

/* A Llama of 2 layers: hidden 32, 4 heads of 8, 2 key heads, inner 48, vocabulary 97. `more` is put into the object. */
void tiny_llama(char *buf, size_t bytes, const char *more);

#endif
