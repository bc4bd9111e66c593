#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "god/helpers/text.h"
#include "god/nn/tokenizer.h"
#include "tools/tools.h"

enum { input_bytes_max = 64 << 20, piece_bytes_shown = 40 };

static const char help[] =
    "usage: god tokenize --model DIR [--no-special] [--json] [TEXT]\n"
    "       god tokenize --task FILE --data FILE --base DIR [--row N] [OPTION ...]\n"
    "\n"
    "Shows the token ids of a text, the piece behind each and the bytes of the text that it stands for.\n"
    "Without TEXT, or when it is -, the text is read from standard input.\n"
    "\n"
    "  --model DIR   folder with the tokenizer (tokenizer.json)\n"
    "  --no-special  without the special tokens that the tokenizer puts around a text\n"
    "  --json        {\"ids\": [...], \"pieces\": [...], \"offsets\": [[begin, end], ...]}\n"
    "\n"
    "With --task it shows a row of test data exactly as it is scored: god tokenize --task FILE --help\n"
    "\n"
    "Exit status: 0 fine, 1 the tokenizer or the text is at fault, 2 wrong usage.\n"
    "\n"
    "Examples:\n"
    "  god tokenize --model sdk/examples/demo/models/base \"Janet has 3 ducks\"\n"
    "  god tokenize --model sdk/examples/demo/models/base --json - < question.txt\n";

typedef struct options {
    const char *model_dir, *text; /* text NULL: standard input */
    uint32_t flags;
    int json;
} options;

static god_status read_input(god_text *text, god_error *err)
{
    char chunk[1 << 16];
    size_t count = 0;
    while ((count = fread(chunk, 1, sizeof chunk, stdin)) > 0) {
        if (text->bytes + count > input_bytes_max) {
            return god_fail(err, GOD_E_DATA, "the text is longer than %d bytes", input_bytes_max);
        }
        GOD_TRY(god_text_append(text, chunk, count, err));
    }
    return ferror(stdin) ? god_fail_errno(err, GOD_E_IO, "cannot read standard input") : GOD_OK;
}

static void print_table(const god_tokenizer *tokenizer, const god_tokens *tokens)
{
    (void)printf("%8s  %-*s  %s\n", "id", piece_bytes_shown, "piece", "bytes");
    for (size_t i = 0; i < tokens->count; i++) {
        const god_token *token = &tokens->items[i];
        const char *piece = god_tokenizer_piece(tokenizer, token->id);
        const char *mark = god_tokenizer_is_special(tokenizer, token->id) ? "  special" : "";
        (void)printf("%8d  %-*s  %u-%u%s\n", token->id, piece_bytes_shown, piece == NULL ? "?" : piece, token->begin,
                     token->end, mark);
    }
}

static void print_json(const god_tokenizer *tokenizer, const god_tokens *tokens)
{
    json_t *ids = json_array(), *pieces = json_array(), *offsets = json_array();
    for (size_t i = 0; i < tokens->count; i++) {
        const god_token *token = &tokens->items[i];
        const char *piece = god_tokenizer_piece(tokenizer, token->id);
        (void)json_array_append_new(ids, json_integer(token->id));
        (void)json_array_append_new(pieces, piece == NULL ? json_null() : json_string(piece));
        (void)json_array_append_new(offsets, json_pack("[I, I]", (json_int_t)token->begin, (json_int_t)token->end));
    }
    json_t *shown = json_pack("{s:o, s:o, s:o}", "ids", ids, "pieces", pieces, "offsets", offsets);
    (void)json_dumpf(shown, stdout, JSON_COMPACT);
    (void)putchar('\n');
    json_decref(shown);
}

static god_status tokenize(const options *chosen, god_error *err)
{
    god_text input = GOD_TEXT_INIT;
    god_tokens tokens = GOD_TOKENS_INIT;
    god_tokenizer *tokenizer = NULL;
    god_status status = god_tokenizer_open(chosen->model_dir, &tokenizer, err);
    if (status == GOD_OK) {
        status = chosen->text != NULL ? god_text_append_str(&input, chosen->text, err) : read_input(&input, err);
    }
    if (status == GOD_OK) {
        const char *text = input.bytes > 0 ? input.data : "";
        status = god_tokenizer_encode(tokenizer, text, input.bytes, chosen->flags, 0, &tokens, err);
    }
    if (status == GOD_OK) {
        (chosen->json ? print_json : print_table)(tokenizer, &tokens);
    }
    god_tokens_free(&tokens);
    god_tokenizer_free(tokenizer);
    god_text_free(&input);
    return status;
}

static int read_options(int argc, char **argv, options *ret_chosen)
{
    static const struct option known[] = {{"model", required_argument, NULL, 'm'},
                                          {"no-special", no_argument, NULL, 'n'},
                                          {"json", no_argument, NULL, 'j'},
                                          {NULL, 0, NULL, 0}};
    options chosen = {.flags = GOD_ENCODE_SPECIAL};
    int letter = 0;
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (letter) {
        case 'm': chosen.model_dir = optarg; break;
        case 'n': chosen.flags = 0; break;
        case 'j': chosen.json = 1; break;
        default: return 0; /* getopt has said why */
        }
    }
    if (chosen.model_dir == NULL || optind + 1 < argc) {
        (void)fputs(help, stderr);
        return 0;
    }
    if (optind < argc && strcmp(argv[optind], "-") != 0) {
        chosen.text = argv[optind];
    }
    *ret_chosen = chosen;
    return 1;
}

int gnn_tool_tokenize(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            (void)fputs(help, stdout);
            return GNN_TOOL_OK;
        }
    }
    options chosen;
    if (!read_options(argc, argv, &chosen)) {
        return GNN_TOOL_USAGE;
    }
    god_error err = GOD_ERROR_INIT;
    if (tokenize(&chosen, &err) != GOD_OK) {
        (void)fprintf(stderr, "god tokenize: %s\n", err.message);
        return GNN_TOOL_REFUSED;
    }
    return GNN_TOOL_OK;
}
