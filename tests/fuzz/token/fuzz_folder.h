/* What the tokenizer's fuzz targets share. */
#ifndef FUZZ_TOKEN_FOLDER_H
#define FUZZ_TOKEN_FOLDER_H

#include <stddef.h>
#include <stdint.h>

/* Writes the files into a folder of its own in the working directory (NULL: no such file), opens the tokenizer and,
 * when that works, encodes a fixed text, cut and whole, and decodes the ids. The input of the target stands behind one
 * of the files. */
typedef struct fuzz_file {
    const char *name;
    const void *data;
    size_t bytes;
} fuzz_file;

void fuzz_open(const char *folder, const fuzz_file *files, size_t count);

#endif
