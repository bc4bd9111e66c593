"""Folders with a SentencePiece file and no tokenizer.json.

    pip install sentencepiece==0.2.1
"""
import collections
import json
import os
import shutil
import tempfile

MODELS = {
    "llama": dict(model_type="bpe", byte_fallback=True, split_digits=True, normalization_rule_name="identity",
                  remove_extra_whitespaces=False, user_defined_symbols=["<tool>", "[INST]"]),
    "gemma": dict(model_type="bpe", byte_fallback=True, pad_id=0, eos_id=1, bos_id=2, unk_id=3, eos_piece="<eos>",
                  bos_piece="<bos>", normalization_rule_name="identity", add_dummy_prefix=False,
                  remove_extra_whitespaces=False, user_defined_symbols=["<start_of_turn>", "<end_of_turn>", "\t"]),
    "t5": dict(model_type="unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1),
    "xlmr": dict(model_type="unigram", normalization_rule_name="identity"),
}

# name: (model, file name, tokenizer_config.json)
FOLDERS = {
    "sp_llama": ("llama", "tokenizer.model", {"tokenizer_class": "LlamaTokenizer"}),
    "sp_llama_new": ("llama", "tokenizer.model", {"tokenizer_class": "LlamaTokenizer", "legacy": False,
                                                  "add_eos_token": True, "pad_token": "<pad>"}),
    "sp_llama_no_prefix": ("llama", "tokenizer.model", {"tokenizer_class": "LlamaTokenizer",
                                                        "add_prefix_space": False}),
    "sp_llama_null_prefix": ("llama", "tokenizer.model", {"tokenizer_class": "LlamaTokenizer",
                                                          "add_prefix_space": None, "legacy": False}),
    "sp_gemma": ("gemma", "tokenizer.model", {"tokenizer_class": "GemmaTokenizer"}),
    "sp_t5": ("t5", "spiece.model", {"tokenizer_class": "T5Tokenizer"}),
    "sp_xlmr": ("xlmr", "sentencepiece.bpe.model", {"tokenizer_class": "XLMRobertaTokenizer"}),
}


def make(folder, lines, size):
    import sentencepiece
    lines = [line.replace("\n", " ").replace("\0", "")[:200] for line in lines]
    common = {char for char, _ in collections.Counter("".join(lines)).most_common(size // 3)}
    with tempfile.TemporaryDirectory() as scratch:
        text = os.path.join(scratch, "text")
        with open(text, "w", encoding="utf-8") as file:
            file.writelines("".join(char for char in line if char in common) + "\n" for line in lines)
        for name, options in MODELS.items():
            sentencepiece.SentencePieceTrainer.train(input=text, model_prefix=os.path.join(scratch, name),
                                                     vocab_size=size, character_coverage=1.0, minloglevel=2, **options)
        for name, (model, path, config) in FOLDERS.items():
            os.makedirs(os.path.join(folder, name))
            shutil.copy(os.path.join(scratch, model + ".model"), os.path.join(folder, name, path))
            with open(os.path.join(folder, name, "tokenizer_config.json"), "w", encoding="utf-8") as file:
                json.dump(config, file)
