"""Small tokenizers of the kinds in use, trained with the tokenizers library: one folder each.

    pip install tokenizers==0.22.1

TRAINED holds whole tokenizers. PROBES have no vocabulary to speak of: each shows one normalizer or pre-tokenizer, by a
model that spells every byte (and ends every piece with "|"), so that all code points can be compared.
"""
import collections
import json
import os
import struct

from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
                        trainers)

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
CL100K = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)"
          r"|\s+")
GPT4O = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
DEEPSEEK3 = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
             r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CJK = r"[一-龥぀-ゟ゠-ヿ]+"


def special(text, **flags):
    return AddedToken(text, special=True, normalized=False, **flags)


def write(folder, name, tokenizer, config):
    path = os.path.join(folder, name)
    os.makedirs(path, exist_ok=True)
    tokenizer.save(os.path.join(path, "tokenizer.json"), pretty=False)
    with open(os.path.join(path, "tokenizer_config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file, ensure_ascii=False)


def template(tokenizer, bos=None, eos=None):
    ids = tokenizer.get_vocab()
    single = " ".join(part for part in (bos, "$A", eos) if part)
    return processors.TemplateProcessing(single=single, special_tokens=[(t, ids[t]) for t in (bos, eos) if t])


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def plain_bytes():
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)


def byte_bpe(lines, size, pre, specials=(), normalizer=None, **model):
    tokenizer = Tokenizer(models.BPE(**model))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(lines, trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=list(specials),
        show_progress=False))
    return tokenizer


def gpt2(lines, size):
    t = byte_bpe(lines, size, pre_tokenizers.ByteLevel(add_prefix_space=False), ["<|endoftext|>"])
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return t, {"tokenizer_class": "GPT2Tokenizer", "model_max_length": 1024}


def roberta(lines, size):
    t = byte_bpe(lines, size, pre_tokenizers.ByteLevel(add_prefix_space=True), ["<s>", "<pad>", "</s>", "<unk>"])
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True, normalized=False)])
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=True)
    return t, {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>",
               "pad_token": "<pad>", "add_prefix_space": True}


def llama3(lines, size):
    t = byte_bpe(lines, size, pre_tokenizers.Sequence([split(LLAMA3), plain_bytes()]), ignore_merges=True)
    t.add_special_tokens([special("<|begin_of_text|>"), special("<|end_of_text|>"), special("<|eot_id|>")])
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True), template(t, "<|begin_of_text|>")])
    return t, {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|begin_of_text|>",
               "eos_token": "<|eot_id|>", "model_max_length": 131072}


def qwen2(lines, size):
    t = byte_bpe(lines, size, pre_tokenizers.Sequence([split(QWEN2), plain_bytes()]), normalizer=normalizers.NFC(),
                 continuing_subword_prefix="", end_of_word_suffix="")
    t.add_special_tokens([special("<|endoftext|>"), special("<|im_start|>"), special("<|im_end|>")])
    t.add_tokens([AddedToken("<tool>", normalized=False), AddedToken("<think>", normalized=True, lstrip=True, rstrip=True),
                  AddedToken("café", normalized=True, single_word=True)])
    t.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    return t, {"tokenizer_class": "Qwen2Tokenizer", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
               "model_max_length": 32768, "add_prefix_space": False}


def falcon(lines, size):
    pre = pre_tokenizers.Sequence([
        pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.ByteLevel(add_prefix_space=False),
        pre_tokenizers.Digits(individual_digits=False), split("[0-9][0-9][0-9]")])
    t = byte_bpe(lines, size, pre, [">>TITLE<<", ">>ABSTRACT<<", "<|endoftext|>"])
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return t, {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>"}


def starcoder(lines, size):
    pre = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                   pre_tokenizers.ByteLevel(add_prefix_space=False)])
    t = byte_bpe(lines, size, pre, ["<|endoftext|>", "<fim_prefix>"])
    return t, {"tokenizer_class": "GPT2Tokenizer", "bos_token": "<|endoftext|>", "truncation_side": "left"}


def deepseek3(lines, size):
    pre = pre_tokenizers.Sequence([split(r"\p{N}{1,3}"), split(CJK), split(DEEPSEEK3), plain_bytes()])
    t = byte_bpe(lines, size, pre)
    t.add_special_tokens([special("<｜begin▁of▁sentence｜>"), special("<｜end▁of▁sentence｜>")])
    t.add_tokens([AddedToken("<｜User｜>", normalized=False), AddedToken("<think>", normalized=True)])
    return t, {"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": True, "add_eos_token": False,
               "bos_token": {"__type": "AddedToken", "content": "<｜begin▁of▁sentence｜>", "lstrip": False,
                             "normalized": True, "rstrip": False, "single_word": False},
               "eos_token": "<｜end▁of▁sentence｜>", "pad_token": "<｜end▁of▁sentence｜>", "unk_token": None}


def gpt4o(lines, size):
    t = byte_bpe(lines, size, pre_tokenizers.Sequence([split(GPT4O, "removed", True), plain_bytes()]))
    t.add_special_tokens([special("<|endoftext|>")])
    return t, {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>"}


def neox(lines, size):
    t = byte_bpe(lines, size, pre_tokenizers.ByteLevel(add_prefix_space=False), ["<|endoftext|>", "<|padding|>"],
                 normalizer=normalizers.NFC())
    t.add_tokens([AddedToken(" " * n, normalized=True) for n in (24, 8, 4, 2)])
    t.post_processor = processors.ByteLevel(trim_offsets=True)
    return t, {"tokenizer_class": "GPTNeoXTokenizer", "add_bos_token": False, "add_eos_token": True,
               "pad_token": "<|padding|>"}


def opt(lines, size):
    t = byte_bpe(lines, size, pre_tokenizers.ByteLevel(add_prefix_space=False), ["<s>", "<pad>", "</s>", "<unk>"])
    t.post_processor = template(t, "</s>")
    return t, {"tokenizer_class": "GPT2Tokenizer", "bos_token": "</s>", "eos_token": "</s>", "pad_token": "<pad>",
               "unk_token": "</s>"}


def sp_bpe(lines, size, pre, normalizer, specials=("<unk>", "<s>", "</s>")):
    """BPE as it comes out of a SentencePiece model: bytes for what is unknown."""
    fallback = [f"<0x{byte:02X}>" for byte in range(256)]
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    if normalizer:
        t.normalizer = normalizer
    if pre:
        t.pre_tokenizer = pre
    t.train_from_iterator((line[:80] for line in lines), trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(specials) + fallback, limit_alphabet=500, show_progress=False,
        max_token_length=16))
    data = json.loads(t.to_str())  # the bytes are entries of the model, no added tokens
    data["added_tokens"] = [token for token in data["added_tokens"] if token["content"] not in fallback]
    t = Tokenizer.from_str(json.dumps(data))
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                   decoders.Strip(" ", 1, 0)])
    return t


def llama2(lines, size):
    t = sp_bpe(lines, size, None, normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]))
    t.add_special_tokens([special("[INST]"), special("<pad>", rstrip=True)])
    t.add_tokens([AddedToken("<tool>", normalized=True), AddedToken("▁▁▁▁", normalized=False)])
    t.post_processor = template(t, "<s>")
    return t, {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
               "add_bos_token": True, "add_eos_token": True, "legacy": False, "model_max_length": 10 ** 30}


def mistral(lines, size):
    t = sp_bpe(lines, size, pre_tokenizers.Metaspace("▁", prepend_scheme="first", split=False), None)
    t.add_tokens([AddedToken("<tool>", normalized=False)])
    t.post_processor = template(t, "<s>")
    return t, {"tokenizer_class": "LlamaTokenizer", "legacy": False, "additional_special_tokens": ["<tool>"]}


def gemma(lines, size):
    t = sp_bpe(lines, size, pre_tokenizers.Split(" ", "merged_with_previous"), normalizers.Replace(" ", "▁"),
               ("<pad>", "<eos>", "<bos>", "<unk>"))
    t.add_tokens([AddedToken("\n" * n, normalized=False) for n in range(2, 6)])
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    t.post_processor = template(t, "<bos>")
    return t, {"tokenizer_class": "GemmaTokenizer", "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>"}


def unigram(lines, size, pre, normalizer, specials, byte_fallback=False):
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizer
    t.pre_tokenizer = pre
    more = [f"<0x{byte:02X}>" for byte in range(256)] if byte_fallback else []
    # The trainer keeps every character that it meets, so it meets only the common ones.
    common = {char for char, _ in collections.Counter("".join(lines)).most_common(size // 3)}
    kept = ["".join(char for char in line if char in common)[:200] for line in lines]
    t.train_from_iterator(kept, trainers.UnigramTrainer(
        vocab_size=size, special_tokens=specials + more, unk_token="<unk>", show_progress=False, max_piece_length=12))
    data = json.loads(t.to_str())
    data["model"]["byte_fallback"] = byte_fallback
    data["added_tokens"] = [token for token in data["added_tokens"] if token["content"] not in more]
    return Tokenizer.from_str(json.dumps(data))


def charsmap():
    """A character map in the layout of SentencePiece: what NFKC changes in a few blocks, and some blanks."""
    import unicodedata
    entries = {"\t": " ", "\n": " ", "\u200b": " ", "\ufeff": "", "\u00ad": "", "e\u0301": "é", "ｶﾞ": "ガ", "a\u0308": "ä"}
    for block in ((0xA0, 0x100), (0x1E9A, 0x1E9C), (0x2000, 0x2070), (0x2100, 0x2150), (0x2460, 0x2474),
                  (0x3000, 0x3001), (0x3200, 0x3220), (0xFB00, 0xFB07), (0xFF01, 0xFF5F), (0x1D400, 0x1D455)):
        for code in range(*block):
            if unicodedata.normalize("NFKC", chr(code)) != chr(code):
                entries[chr(code)] = unicodedata.normalize("NFKC", chr(code))
    return charsmap_bytes({key.encode(): value.encode() for key, value in entries.items()})


def charsmap_bytes(entries):
    texts, places = bytearray(b"\0"), {}
    for key, value in entries.items():
        places[key] = len(texts)
        texts += value + b"\0"
    units = double_array(places)
    return struct.pack("<I", 4 * len(units)) + struct.pack(f"<{len(units)}I", *units) + bytes(texts)


def double_array(entries):
    """Units as Darts-clone lays them out: children of a node at its place xor offset xor label, label 0 for its value."""
    tree = {}
    for key, value in entries.items():
        node = tree
        for byte in key:
            node = node.setdefault(byte, {})
        node[0] = value
    units, used = {0: 0}, {0}
    queue = [(tree, 0)]
    while queue:
        node, place = queue.pop()
        base = 1
        while any((place ^ base ^ label) in used for label in node) or base in used or base >= 1 << 21:
            base += 1
        used.add(base)
        units[place] |= base << 10
        for label, child in node.items():
            at = place ^ base ^ label
            used.add(at)
            if label == 0:
                units[place] |= 1 << 8
                units[at] = child | 1 << 31
            else:
                units[at] = label
                queue.append((child, at))
    size = (max(units) | 0xFF) + 1
    return [units.get(place, 0) for place in range(size)]


def precompiled():
    return normalizers.Precompiled(charsmap())


def t5(lines, size):
    t = unigram(lines, size, pre_tokenizers.Metaspace("▁", prepend_scheme="always"), precompiled(),
                ["<pad>", "</s>", "<unk>"])
    t.decoder = decoders.Metaspace("▁", prepend_scheme="always")
    t.post_processor = template(t, None, "</s>")
    return t, {"tokenizer_class": "T5Tokenizer", "extra_ids": 0}


def xlmr(lines, size):
    t = unigram(lines, size, pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(),
                                                      pre_tokenizers.Metaspace("▁", prepend_scheme="always")]),
                normalizers.Sequence([precompiled(), normalizers.Replace(Regex(" {2,}"), " ")]),
                ["<s>", "<pad>", "</s>", "<unk>"])
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True, normalized=False)])
    t.decoder = decoders.Metaspace("▁", prepend_scheme="always")
    t.post_processor = template(t, "<s>", "</s>")
    return t, {"tokenizer_class": "XLMRobertaTokenizer"}


def unigram_bytes(lines, size):
    t = unigram(lines, size, pre_tokenizers.Metaspace("▁", prepend_scheme="first", split=False),
                normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()]), ["<unk>", "<s>", "</s>"], True)
    t.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace("▁", prepend_scheme="first")])
    return t, {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "</s>"}


def bert(lines, size):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.WordPiece()
    t.train_from_iterator(lines, trainers.WordPieceTrainer(
        vocab_size=size, limit_alphabet=600, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        show_progress=False))
    t.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return t, {"tokenizer_class": "BertTokenizer", "do_lower_case": True}


def bert_cased(lines, size):
    t, _ = bert(lines, size)
    t.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False, handle_chinese_chars=True)
    return t, {"tokenizer_class": "BertTokenizer", "do_lower_case": False, "strip_accents": False}


def wordlevel(lines, size):
    t = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    t.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase(),
                                         normalizers.Strip()])
    t.pre_tokenizer = pre_tokenizers.Whitespace()
    lines = [line.replace("\0", "") for line in lines]  # a NUL is no part of a piece for our JSON reader
    t.train_from_iterator(lines, trainers.WordLevelTrainer(vocab_size=size, special_tokens=["[UNK]", "[PAD]"],
                                                           show_progress=False))
    return t, {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]", "pad_token": "[PAD]"}


def openai(lines, size):
    t = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.BPEDecoder("</w>")
    t.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=size, special_tokens=["<unk>"], limit_alphabet=500,
                                                     end_of_word_suffix="</w>", show_progress=False))
    return t, {"tokenizer_class": "OpenAIGPTTokenizer"}


def subword_prefix(lines, size):
    t = Tokenizer(models.BPE(unk_token="<unk>", continuing_subword_prefix="##", fuse_unk=False))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("isolated")])
    t.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=size, special_tokens=["<unk>"], limit_alphabet=300,
                                                     continuing_subword_prefix="##", show_progress=False))
    return t, {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "<unk>"}


TRAINED = {f.__name__: f for f in (
    gpt2, roberta, llama3, qwen2, falcon, starcoder, deepseek3, gpt4o, neox, opt, llama2, mistral, gemma, t5, xlmr,
    unigram_bytes, bert, bert_cased, wordlevel, openai, subword_prefix)}

# The same tokenizer.json under another tokenizer_config.json: what the classes of transformers make of it.
VARIANTS = {
    "gpt2_prefix_space": ("gpt2", {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True}),
    "roberta_no_prefix": ("roberta", {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>"}),
    "roberta_null_prefix": ("roberta", {"tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": None}),
    "bert_kept": ("bert", {"tokenizer_class": "BertTokenizer", "do_lower_case": False, "strip_accents": True,
                           "tokenize_chinese_chars": False, "clean_up_tokenization_spaces": True}),
    "llama2_plain": ("llama2", {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "</s>",
                                "pad_token": "<new>", "truncation_side": "left"}),
    "llama2_no_bos": ("llama2", {"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": False,
                                 "pad_token": {"__type": "AddedToken", "content": "<|pad|>", "lstrip": True,
                                               "normalized": False, "rstrip": True, "single_word": False}}),
    "qwen2_decoder": ("qwen2", {
        "tokenizer_class": "Qwen2Tokenizer", "bos_token": None, "eos_token": "<|im_end|>", "unk_token": None,
        "additional_special_tokens": ["<|im_start|>", "<extra>"],
        "added_tokens_decoder": {
            "1505": {"content": "café", "lstrip": False, "normalized": False, "rstrip": True, "single_word": False,
                     "special": True},
            "1503": {"content": "<tool>", "lstrip": True, "normalized": False, "rstrip": False, "single_word": False,
                     "special": False},
            "1506": {"content": "<later>", "lstrip": False, "normalized": True, "rstrip": False, "single_word": True,
                     "special": False}}}),
    "gpt2_split_special": ("gpt2", {"tokenizer_class": "GPT2Tokenizer", "split_special_tokens": True}),
}


def probe(normalizer=None, pre=None):
    vocab = {f"<0x{byte:02X}>": byte for byte in range(256)}
    t = Tokenizer(models.BPE(vocab=vocab, merges=[], byte_fallback=True, end_of_word_suffix="|"))
    if normalizer:
        t.normalizer = normalizer
    if pre:
        t.pre_tokenizer = pre
    return t, {"tokenizer_class": "PreTrainedTokenizerFast"}


N, P = normalizers, pre_tokenizers
PROBES = {
    "nfc": (N.NFC(), None), "nfd": (N.NFD(), None), "nfkc": (N.NFKC(), None), "nfkd": (N.NFKD(), None),
    "lowercase": (N.Lowercase(), None), "strip": (N.Strip(), None), "strip_left": (N.Strip(left=True, right=False), None),
    "strip_accents": (N.StripAccents(), None), "nmt": (N.Nmt(), None), "bert_normalizer": (N.BertNormalizer(), None),
    "bert_cased": (N.BertNormalizer(lowercase=False, strip_accents=False, handle_chinese_chars=False), None),
    "byte_level_normalizer": (N.ByteLevel(), None), "precompiled": (precompiled(), None),
    "replace": (N.Sequence([N.Replace(" ", "▁"), N.Replace(Regex("[aeiou]+"), "<é>"), N.Replace(Regex("x*"), "-")]), None),
    "prepend": (N.Sequence([N.Strip(), N.Prepend("▁é"), N.NFD()]), None),
    "split_removed": (None, split(r"\w+|\s", "removed")), "split_inverted": (None, split(r"\w+", "removed", True)),
    "split_previous": (None, split(r"\d|\W", "merged_with_previous")),
    "split_next": (None, split(r"[\p{P}x]", "merged_with_next")),
    "split_contiguous": (None, split(r"[\s\-9]", "contiguous")), "split_empty": (None, split(r"x*", "isolated")),
    "split_literal": (None, P.Split(".", "isolated")), "split_boundary": (None, split(r"\b", "isolated")),
    "split_lines": (None, split(r"^.|.$|\h+", "isolated")),
    "gpt2": (None, split(GPT2)), "llama3": (None, split(LLAMA3)), "cl100k": (None, split(CL100K)),
    "gpt4o": (None, split(GPT4O)), "deepseek3": (None, split(DEEPSEEK3)), "cjk": (None, split(CJK)),
    "whitespace": (None, P.Whitespace()), "whitespace_split": (None, P.WhitespaceSplit()),
    "digits": (None, P.Digits(False)), "digits_each": (None, P.Digits(True)),
    "punctuation": (None, P.Punctuation("isolated")), "punctuation_next": (None, P.Punctuation("merged_with_next")),
    "bert_pre": (None, P.BertPreTokenizer()), "delimiter": (None, P.CharDelimiterSplit("é")),
    "metaspace": (None, P.Metaspace()), "metaspace_first": (N.Strip(), P.Metaspace("_", "first", True)),
    "metaspace_never": (None, P.Metaspace("▁", "never", False)),
    "byte_level": (None, P.ByteLevel(add_prefix_space=True)), "unicode_scripts": (None, P.UnicodeScripts()),
}
