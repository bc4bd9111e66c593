/* format/safetensors.h: one safetensors file, mapped and checked. [any]
 *
 *   bytes 0..7      n, little-endian
 *   bytes 8..8+n    JSON: { "name": {"dtype": "BF16", "shape": [..], "data_offsets": [begin, end]}, ...,
 *                           "__metadata__": {"key": "text"} }
 *   then            the data; offsets count from here; tensors cover it without holes or overlaps
 *
 * Opening reads the header and checks every name, type, shape and offset against the file's real size; tensor bytes are
 * not touched. The file is mapped read-only: it must not be cut while it is open, or the process gets SIGBUS.
 * Messages start with the file's name. Source: github.com/huggingface/safetensors, "Format". */
#ifndef GNN_FORMAT_SAFETENSORS_H
#define GNN_FORMAT_SAFETENSORS_H

#include "god/error.h"

enum {
    GNN_RANK_MAX = 8,
    GNN_HEADER_BYTES_MAX = 100 * 1000 * 1000, /* the limit of the format's own reader */
    GNN_TENSORS_MAX = 1 << 20,
    GNN_TENSOR_NAME_MAX = 512
};

typedef struct gnn_tensor {
    const char *name;  /* lives as long as the file */
    const char *file;  /* name of the file, for messages */
    const char *dtype; /* as the file spells it: "BF16"; static */
    uint32_t rank;
    int64_t shape[GNN_RANK_MAX];
    int64_t elements;
    const uint8_t *data; /* mapped; aligned to nothing */
    uint64_t begin, bytes;
    uint32_t mapped; /* 0: the bytes are somebody's memory */
} gnn_tensor;

typedef struct gnn_safetensors gnn_safetensors;

/* `label` is the file's name in messages. GOD_E_NOT_FOUND, GOD_E_DATA, GOD_E_IO. */
god_status gnn_safetensors_open(const char *path, const char *label, gnn_safetensors **ret_file, god_error *err);
/* The same over bytes in memory, which are borrowed until close. */
god_status gnn_safetensors_open_bytes(const void *bytes, size_t count, const char *label, gnn_safetensors **ret_file,
                                      god_error *err);
void gnn_safetensors_close(gnn_safetensors *file); /* accepts NULL */

/* These bytes of the tensor have been read: their pages leave the process, so that reading a model does not hold it
 * twice. They may be read again; pages that the range shares with others stay. */
void gnn_tensor_release(const gnn_tensor *tensor, uint64_t first, uint64_t bytes);

size_t gnn_safetensors_count(const gnn_safetensors *file);
/* Tensors in the order of their data. */
const gnn_tensor *gnn_safetensors_at(const gnn_safetensors *file, size_t i);

#endif
