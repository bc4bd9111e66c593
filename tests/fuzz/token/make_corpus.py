"""Writes corpus/: small inputs that reach every part of the parsers. python3 tests/fuzz/token/make_corpus.py"""
import base64
import json
import os
import struct

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")


def put(subject, name, data):
    os.makedirs(os.path.join(here, subject), exist_ok=True)
    with open(os.path.join(here, subject, name), "wb") as file:
        file.write(data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode())


BPE = {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "<s>": 3, "</s>": 4, "Ġ": 5}, "merges": ["a b"]}


def tokenizer(**members):
    return {"version": "1.0", "added_tokens": [], "normalizer": None, "pre_tokenizer": None, "post_processor": None,
            "decoder": None, "model": BPE, **members}


def pattern(text):
    return {"Regex": text}


NORMALIZERS = [{"type": t} for t in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel")] + [
    {"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "Prepend", "prepend": "▁"},
    {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
    {"type": "Replace", "pattern": pattern(" {2,}"), "content": ""},
    {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
    {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(
        struct.pack("<I4I", 16, 1 << 10, 0x61 | 1 << 10 | 1 << 8, 2 | 1 << 31, 0) + b"\0xy\0").decode()}]
PRE_TOKENIZERS = [
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True},
    {"type": "Split", "pattern": pattern(r"(?i:'s|'t)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}+|\s+(?!\S)|[\s\w\h]"),
     "behavior": "Isolated", "invert": False},
    {"type": "Split", "pattern": pattern(r"\b\p{Han}|[[:punct:]a[b]]|^.$|\u00e9"), "behavior": "MergedWithNext"},
    {"type": "Whitespace"}, {"type": "WhitespaceSplit"}, {"type": "Digits", "individual_digits": True},
    {"type": "Punctuation", "behavior": "Contiguous"}, {"type": "BertPreTokenizer"},
    {"type": "CharDelimiterSplit", "delimiter": "é"}, {"type": "UnicodeScripts"}]
DECODERS = [{"type": "ByteLevel"}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "WordPiece", "prefix": "##", "cleanup": True},
            {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}, {"type": "BPEDecoder", "suffix": "</w>"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 1},
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}]
TEMPLATE = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                                                     {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [3], "tokens": ["<s>"]}}}
POST = [TEMPLATE, {"type": "BertProcessing", "sep": ["</s>", 4], "cls": ["<s>", 3]},
        {"type": "RobertaProcessing", "sep": ["</s>", 4], "cls": ["<s>", 3], "trim_offsets": True, "add_prefix_space": True},
        {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True}]
MODELS = [
    {**BPE, "byte_fallback": True, "unk_token": "<s>", "fuse_unk": True, "end_of_word_suffix": "b", "merges": []},
    {**BPE, "ignore_merges": True, "continuing_subword_prefix": "", "merges": [["a", "b"]]},
    {"type": "Unigram", "vocab": [["<unk>", 0.0], ["a", -1.5], ["ab", -2.0], ["<0x61>", -9.0]], "unk_id": 0, "byte_fallback": True},
    {"type": "WordPiece", "vocab": {"a": 0, "##b": 1, "[UNK]": 2}, "unk_token": "[UNK]", "continuing_subword_prefix": "##",
     "max_input_chars_per_word": 100},
    {"type": "WordLevel", "vocab": {"a": 0, "[UNK]": 1}, "unk_token": "[UNK]"}]
ADDED = [{"id": 6 + i, "content": text, "single_word": bool(i & 1), "lstrip": bool(i & 2), "rstrip": bool(i & 4),
          "normalized": bool(i & 8), "special": bool(i & 16)} for i, text in enumerate(("<x>", "ab", " ", "aa", "é", "12"))]


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def field(number, value):
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def sentencepiece(model_type, charsmap=b""):
    pieces = [("<unk>", 0.0, 2), ("<s>", 0.0, 3), ("</s>", 0.0, 3), ("<x>", 0.0, 4), ("<0x09>", 0.0, 6), ("▁", -1.0, 1),
              ("a", -2.0, 1), ("b", -3.0, 1), ("ab", -1.5, 1), ("▁ab", -0.5, 1)]
    data = b"".join(field(1, field(1, text.encode()) + field(2, score) + field(3, kind)) for text, score, kind in pieces)
    data += field(2, field(3, model_type) + field(40, 0) + field(45, b"<unk>") + field(35, 1))
    return data + field(3, field(1, b"x") + field(2, charsmap) + field(3, 1))


def main():
    put("json", "normalizers", tokenizer(normalizer={"type": "Sequence", "normalizers": NORMALIZERS}))
    put("json", "pre_tokenizers", tokenizer(pre_tokenizer={"type": "Sequence", "pretokenizers": PRE_TOKENIZERS}))
    put("json", "decoders", tokenizer(decoder={"type": "Sequence", "decoders": DECODERS}))
    put("json", "post", tokenizer(post_processor={"type": "Sequence", "processors": POST}))
    put("json", "added", tokenizer(added_tokens=ADDED, normalizer={"type": "NFD"}))
    for kind, parts in (("normalizer", NORMALIZERS), ("pre_tokenizer", PRE_TOKENIZERS), ("decoder", DECODERS),
                        ("post_processor", POST), ("model", MODELS)):
        for i, part in enumerate(parts):
            put("json", f"{kind}_{i}", tokenizer(**{kind: part}))
    put("json", "cut", json.dumps(tokenizer(added_tokens=ADDED)).encode()[:200])
    put("config", "specials", {"bos_token": "<s>", "eos_token": {"__type": "AddedToken", "content": "</s>"}, "pad_token": None,
                               "additional_special_tokens": ["<x>", {"content": "<y>", "lstrip": True}]})
    put("config", "decoder", {"added_tokens_decoder": {"5": ADDED[0], "99": ADDED[4]}, "split_special_tokens": True})
    put("config", "llama", {"tokenizer_class": "LlamaTokenizerFast", "bos_token": "<s>", "add_eos_token": True,
                            "eos_token": "</s>", "model_max_length": 10 ** 30})
    put("config", "bert", {"tokenizer_class": "BertTokenizer", "do_lower_case": False, "strip_accents": None})
    put("config", "rest", {"truncation_side": "left", "chat_template": [{"name": "default", "template": "x"}],
                           "clean_up_tokenization_spaces": True, "add_prefix_space": True})
    put("config", "wrong", {"bos_token": 1})
    for kind in (1, 2, 3):
        for choice in range(3):
            put("sentencepiece", f"model_{kind}_{choice}", sentencepiece(kind) + field(100, 1)[:-1] + bytes([choice * 2 + kind % 2]))
    put("sentencepiece", "charsmap", sentencepiece(1, struct.pack("<I2I", 8, 1 << 10, 0) + b"x\0"))
    put("sentencepiece", "cut", sentencepiece(2)[:-7])
    texts = ["Hello, world! It's 12345.", "  a  b\r\n\n\tc ", "日本語 한국어 ไทย", "e\u0301\u0323 \u1100\u1161\u11a8 ﬁ ½", "👩‍👩‍👧‍👦🇩🇪",
             "<s></s><|endoftext|><mask> <think> x </think>", "\u200b\ufeff\u00ad\u180e\u0085", "a" * 200, " " * 100, "'s'LL'ſ"]
    for i in range(20):
        put("encode", f"text_{i}", bytes([i]) + texts[i % len(texts)].encode())
    put("encode", "invalid", b"\x02\xff\xc3(\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82")


if __name__ == "__main__":
    main()
