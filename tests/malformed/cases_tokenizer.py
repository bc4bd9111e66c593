"""Hostile tokenizers: (name, changes of the demo's base, what is said about it)."""

import base64
import struct

from folders import ABSENT, file, put, tokenizer, tokenizer_config

TOKENIZER, CONFIG = "tokenizer.json", "tokenizer_config.json"
ADDED = {"id": 2048, "content": "<x>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
         "special": True}


def split(pattern, **members):
    return tokenizer("pre_tokenizer",
                     {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False, **members})


def regex(text):
    return split({"Regex": text})


def nested(kind, members, innermost, depth):
    """A sequence in a sequence in a sequence..."""
    for _ in range(depth):
        innermost = {"type": "Sequence", members: [innermost]}
    return tokenizer(kind, innermost)


def charsmap(content):
    return tokenizer("normalizer", {"type": "Precompiled", "precompiled_charsmap": content})


def model(kind, **members):
    return tokenizer("model", {"type": kind, **members})


def template(single, tokens):
    return tokenizer("post_processor", {"type": "TemplateProcessing", "single": single, "pair": [],
                                        "special_tokens": tokens})


SPECIAL = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]

# `god model show` refuses it.
LOADED = [
    ("tokenizer_is_empty", [file(TOKENIZER, "")],
     "tokenizer.json: line 1, column 0: unexpected token near end of file"),
    ("tokenizer_is_a_list", [file(TOKENIZER, "[]")], "tokenizer.json: an object is needed"),
    ("tokenizer_is_cut", [file(TOKENIZER, '{"model": {"type": "BPE", "vocab": {"a"')],
     "tokenizer.json: line 1, column 39: ':' expected near end of file"),
    ("tokenizer_is_nested_deeply", [file(TOKENIZER, '{"model": ' + "[" * 100000)],
     "tokenizer.json: line 1, column 2058: maximum parsing depth reached near '['"),
    # the model
    ("model_missing", [tokenizer("model", ABSENT)], 'tokenizer.json: "model" is missing'),
    ("model_is_a_list", [tokenizer("model", [])], 'tokenizer.json: "model" is an array, an object is needed'),
    ("tokenizer_model_unknown", [tokenizer("model/type", "WordSalad")],
     'tokenizer.json: model: the type "WordSalad" is not supported'),
    ("tokenizer_model_of_another_kind", [tokenizer("model/type", "Unigram")],
     'tokenizer.json: model: "vocab" is an object, an array is needed'),
    ("vocabulary_missing", [tokenizer("model/vocab", ABSENT)], 'tokenizer.json: model: "vocab" is missing'),
    ("vocabulary_is_a_list", [tokenizer("model/vocab", ["a", "b"])],
     'tokenizer.json: model: "vocab" is an array, an object is needed'),
    ("vocabulary_id_negative", [tokenizer("model/vocab/a", -1)],
     'tokenizer.json: model: the id of "a" is -1, allowed are 0 to 4194303'),
    ("vocabulary_id_huge", [tokenizer("model/vocab/a", 2**31)],
     'tokenizer.json: model: the id of "a" is 2147483648, allowed are 0 to 4194303'),
    ("vocabulary_id_beyond_64_bits", [tokenizer("model/vocab/a", 2**64)],
     "tokenizer.json: line 1, column 2298: too big integer near '18446744073709551616'"),
    ("vocabulary_id_fraction", [tokenizer("model/vocab/a", 1.5)],
     'tokenizer.json: model: the id of "a" is not a whole number'),
    ("vocabulary_id_text", [tokenizer("model/vocab/a", "70")],
     'tokenizer.json: model: the id of "a" is not a whole number'),
    ("vocabulary_piece_huge", [tokenizer("model/vocab/" + "x" * 65537, 2048)],
     'tokenizer.json: model: the piece "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..." has 65537 bytes, '
     "GDT_PIECE_BYTES_MAX is 65536"),
    ("merges_missing", [tokenizer("model/merges", ABSENT)], 'tokenizer.json: model: "merges" is missing'),
    ("merges_are_an_object", [tokenizer("model/merges", {})],
     'tokenizer.json: model: "merges" is an object, an array is needed'),
    ("merge_of_one_piece", [tokenizer("model/merges", ["ab"])], "tokenizer.json: model: merge 0 is not two pieces"),
    ("merge_of_three_pieces", [tokenizer("model/merges", [["a", "b", "c"]])],
     "tokenizer.json: model: merge 0 is not two pieces"),
    ("merge_is_a_number", [tokenizer("model/merges", [7])], "tokenizer.json: model: merge 0 is not two pieces"),
    ("merge_of_an_unknown_piece", [tokenizer("model/merges", [["a", "\u2603"]])],
     'tokenizer.json: model: merge 0 needs "☃", which is not in the vocabulary'),
    ("merge_into_an_unknown_piece", [tokenizer("model/merges", [["z", "q"]])],
     'tokenizer.json: model: merge 0 needs "zq", which is not in the vocabulary'),
    ("dropout", [tokenizer("model/dropout", 0.1)],
     'tokenizer.json: model: "dropout" is 0.1, only 0 gives the same ids each time'),
    ("unknown_token_not_in_the_vocabulary", [tokenizer("model/unk_token", "<unk>")],
     'tokenizer.json: model: "unk_token" "<unk>" is not in the vocabulary'),
    ("prefix_huge", [tokenizer("model/continuing_subword_prefix", "#" * 10000)],
     'tokenizer.json: model: "continuing_subword_prefix" has 10000 bytes, GDT_AFFIX_BYTES_MAX is 64'),
    ("prefix_is_a_number", [tokenizer("model/continuing_subword_prefix", 2)],
     'tokenizer.json: model: "continuing_subword_prefix" is a number, a string is needed'),
    ("flag_is_a_number", [tokenizer("model/byte_fallback", 1)],
     'tokenizer.json: model: "byte_fallback" is a number, true or false is needed'),
    ("unigram_vocabulary_is_an_object", [model("Unigram", unk_id=0, vocab={"a": 0})],
     'tokenizer.json: model: "vocab" is an object, an array is needed'),
    ("unigram_piece_without_score", [model("Unigram", unk_id=0, vocab=[["<unk>", 0.0], ["a"]])],
     "tokenizer.json: model: vocab[1] is not a text and a score"),
    ("unigram_score_text", [model("Unigram", unk_id=0, vocab=[["<unk>", "0.0"]])],
     "tokenizer.json: model: vocab[0] is not a text and a score"),
    ("unigram_unknown_id_out_of_range", [model("Unigram", unk_id=5, vocab=[["<unk>", 0.0]])],
     'tokenizer.json: model: "unk_id" is 5, allowed are 0 to 0'),
    ("unigram_unknown_id_negative", [model("Unigram", unk_id=-1, vocab=[["<unk>", 0.0]])],
     'tokenizer.json: model: "unk_id" is -1, allowed are 0 to 0'),
    ("wordpiece_word_limit_negative",
     [model("WordPiece", unk_token="[UNK]", vocab={"[UNK]": 0}, continuing_subword_prefix="##",
            max_input_chars_per_word=-1)],
     'tokenizer.json: model: "max_input_chars_per_word" is -1, allowed are 0 to 1000000'),
    # added tokens
    ("added_tokens_are_an_object", [tokenizer("added_tokens", {})],
     'tokenizer.json: "added_tokens" is an object, an array is needed'),
    ("added_token_is_a_text", [tokenizer("added_tokens", ["<x>"])],
     "tokenizer.json: added_tokens[0]: an object is needed"),
    ("added_token_without_content", [tokenizer("added_tokens", [{"id": 2048}])],
     'tokenizer.json: added_tokens[0]: "content" is missing'),
    ("added_token_without_flags", [tokenizer("added_tokens", [{"id": 2048, "content": "<x>"}])],
     'tokenizer.json: added_tokens[0]: "single_word" is missing'),
    ("added_token_id_negative", [tokenizer("added_tokens", [{**ADDED, "id": -1}])],
     'tokenizer.json: added_tokens[0]: "id" is -1, allowed are 0 to 4194303'),
    ("added_token_id_huge", [tokenizer("added_tokens", [{**ADDED, "id": 2**40}])],
     'tokenizer.json: added_tokens[0]: "id" is 1099511627776, allowed are 0 to 4194303'),
    ("added_token_huge", [tokenizer("added_tokens", [{**ADDED, "content": "y" * 100_000}])],
     'added tokens: "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy..." has 100000 bytes, GDT_ADDED_BYTES_MAX is 4096'),
    ("added_tokens_without_number",
     [tokenizer("added_tokens", [{**ADDED, "content": f"<{i}>"} for i in range(65537)])],
     'tokenizer.json: "added_tokens" has 65537 entries, GDT_ADDED_TOKENS_MAX is 65536'),
    # steps
    ("normalizer_is_a_text", [tokenizer("normalizer", "NFC")], "tokenizer.json: normalizer: an object is needed"),
    ("normalizer_without_type", [tokenizer("normalizer", {})], 'tokenizer.json: normalizer: "type" is missing'),
    ("normalizer_unknown", [tokenizer("normalizer", {"type": "NFX"})],
     'tokenizer.json: normalizer: the type "NFX" is not supported'),
    ("normalizers_nested", [nested("normalizer", "normalizers", {"type": "NFC"}, 50)],
     "tokenizer.json: normalizer[0][0][0][0][0][0][0][0]: sequences are nested deeper than GDT_COMPONENT_DEPTH_MAX (8)"),
    ("normalizers_without_number",
     [tokenizer("normalizer", {"type": "Sequence", "normalizers": [{"type": "NFC"}] * 1000})],
     "tokenizer.json: normalizer[64]: there are more than GDT_STEPS_MAX (64) steps"),
    ("normalizer_text_huge", [tokenizer("normalizer", {"type": "Prepend", "prepend": "x" * 5000})],
     'tokenizer.json: normalizer: "prepend" has 5000 bytes, GDT_STEP_TEXT_BYTES_MAX is 1024'),
    ("character_map_not_base64", [charsmap("???")], 'tokenizer.json: normalizer: "precompiled_charsmap" is not base64'),
    ("character_map_lies_about_its_size", [charsmap(base64.b64encode(struct.pack("<I", 2**31) + bytes(8)).decode())],

     "tokenizer.json: normalizer: the character map of 12 bytes says that its array has 2147483648"),
    ("pre_tokenizer_unknown", [tokenizer("pre_tokenizer", {"type": "Chop"})],
     'tokenizer.json: pre_tokenizer: the type "Chop" is not supported'),
    ("pre_tokenizers_nested",
     [nested("pre_tokenizer", "pretokenizers", {"type": "Whitespace"}, 9)],
     "tokenizer.json: pre_tokenizer[0][0][0][0][0][0][0][0]: sequences are nested deeper than GDT_COMPONENT_DEPTH_MAX "
     "(8)"),
    ("pre_tokenizers_are_an_object", [tokenizer("pre_tokenizer", {"type": "Sequence", "pretokenizers": {}})],
     'tokenizer.json: pre_tokenizer: "pretokenizers" is an object, an array is needed'),
    ("pattern_missing", [tokenizer("pre_tokenizer", {"type": "Split", "behavior": "Isolated", "invert": False})],
     'tokenizer.json: pre_tokenizer: "pattern" is missing'),
    ("pattern_of_another_kind", [split({"Glob": "*"})],
     'tokenizer.json: pre_tokenizer: "pattern" has neither "Regex" nor "String"'),
    ("behaviour_unknown", [split({"String": " "}, behavior="Devoured")],
     'tokenizer.json: pre_tokenizer: "behavior" "Devoured" is not known'),
    ("metaspace_of_two_characters",
     [tokenizer("pre_tokenizer", {"type": "Metaspace", "replacement": "__", "prepend_scheme": "always"})],
     'tokenizer.json: pre_tokenizer: "replacement" is "__", one character is needed'),
    ("metaspace_scheme_unknown",
     [tokenizer("pre_tokenizer", {"type": "Metaspace", "replacement": "_", "prepend_scheme": "often"})],
     'tokenizer.json: pre_tokenizer: "prepend_scheme" "often" is not known'),
    ("regex_without_end", [regex("(a")],
     'tokenizer.json: pre_tokenizer: the regular expression "(a" is refused at byte 2: missing closing parenthesis'),
    ("regex_class_without_end", [regex("[a")],
     'tokenizer.json: pre_tokenizer: the regular expression "[a" has a class without an end'),
    ("regex_repeats_nothing", [regex("*a")],
     'tokenizer.json: pre_tokenizer: the regular expression "*a" is refused at byte 0: quantifier does not follow a '
     "repeatable item"),
    ("regex_range_reversed", [regex("[z-a]")],
     'tokenizer.json: pre_tokenizer: the regular expression "[z-a]" is refused at byte 3: range out of order in '
     "character class"),
    ("regex_repeats_too_often", [regex("(a{65535}){65535}")],
     'tokenizer.json: pre_tokenizer: the regular expression "(a{65535}){65535}" is refused at byte 17: regular '
     "expression is too large"),
    ("regex_recursive", [regex("(?R)")],
     'tokenizer.json: pre_tokenizer: the regular expression "(?R)" uses an option other than i, m, x, which is not '
     "supported"),
    ("regex_runs_code", [regex("(?C1)a")],
     'tokenizer.json: pre_tokenizer: the regular expression "(?C1)a" uses an option other than i, m, x, which is '
     "not supported"),
    ("regex_verb", [regex("(*NO_START_OPT)a")],
     'tokenizer.json: pre_tokenizer: the regular expression "(*NO_START_OPT)a" uses (*, which is not supported'),
    ("regex_unknown_property", [regex(r"\p{Klingon}")],
     'tokenizer.json: pre_tokenizer: the regular expression "[\\p{Klingon}]" is refused at byte 12: unknown '
     "property after \\P or \\p"),
    ("regex_nested_deeply", [regex("(" * 5000 + ")" * 5000)],
     'tokenizer.json: pre_tokenizer: the regular expression "' + "(" * 120 + '" uses more than 200 nested groups, '
     "which is not supported"),
    ("regex_huge", [regex("a" * 20000)],
     "tokenizer.json: pre_tokenizer: the regular expression has 20000 bytes, GDT_REGEX_BYTES_MAX is 16384"),
    ("decoder_unknown", [tokenizer("decoder", {"type": "Guess"})],
     'tokenizer.json: decoder: the type "Guess" is not supported'),
    ("decoders_nested", [nested("decoder", "decoders", {"type": "Fuse"}, 9)],
     "tokenizer.json: decoder[0][0][0][0][0][0][0][0]: sequences are nested deeper than GDT_COMPONENT_DEPTH_MAX (8)"),
    ("post_processor_unknown", [tokenizer("post_processor", {"type": "Polish"})],
     'tokenizer.json: post_processor: the type "Polish" is not supported'),
    ("post_processors_nested", [nested("post_processor", "processors", {"type": "ByteLevel"}, 9)],
     "tokenizer.json: post_processor[0][0][0][0][0][0][0][0]: sequences are nested deeper than GDT_COMPONENT_DEPTH_MAX "
     "(8)"),
    ("template_without_its_token", [template(SPECIAL, {})],
     'tokenizer.json: post_processor: "<s>" is not among "special_tokens"'),
    ("template_token_id_out_of_range",
     [template(SPECIAL, {"<s>": {"id": "<s>", "ids": [2**31], "tokens": ["<s>"]}})],
     'tokenizer.json: post_processor: an id of "<s>" is 2147483648, allowed are 0 to 4194303'),
    ("template_token_id_negative", [template(SPECIAL, {"<s>": {"id": "<s>", "ids": [-1], "tokens": ["<s>"]}})],
     'tokenizer.json: post_processor: an id of "<s>" is -1, allowed are 0 to 4194303'),
    ("template_token_id_fraction", [template(SPECIAL, {"<s>": {"id": "<s>", "ids": [0.5], "tokens": ["<s>"]}})],
     'tokenizer.json: post_processor: an id of "<s>" is not a whole number'),
    ("template_of_neither", [template([{"Word": {}}], {})],
     'tokenizer.json: post_processor: single[0] is neither "SpecialToken" nor "Sequence"'),
    ("template_adds_without_number",
     [template(SPECIAL, {"<s>": {"id": "<s>", "ids": [0] * 1000, "tokens": ["<s>"] * 1000}})],
     "tokenizer.json: post_processor: more than GDT_POST_IDS_MAX (256) ids are added"),
    ("bert_end_without_id",
     [tokenizer("post_processor", {"type": "BertProcessing", "sep": ["[SEP]"], "cls": ["[CLS]", 0]})],

     'tokenizer.json: post_processor: "sep" is not a text and an id'),
    # tokenizer_config.json and its neighbours
    ("settings_are_cut", [file(CONFIG, "{")],
     "tokenizer_config.json: line 1, column 1: string or '}' expected near end of file"),
    ("settings_are_a_list", [file(CONFIG, "[]")], "tokenizer_config.json: an object is needed"),
    ("settings_with_nan", [file(CONFIG, '{"model_max_length": NaN}')],
     "tokenizer_config.json: line 1, column 24: invalid token near 'NaN'"),
    ("begin_token_is_a_number", [tokenizer_config("bos_token", 7)],
     'tokenizer_config.json: "bos_token" is neither a text nor a token object'),
    ("end_token_without_content", [tokenizer_config("eos_token", {"lstrip": True})],
     'tokenizer_config.json: "eos_token" is neither a text nor a token object'),
    ("more_special_tokens_are_numbers", [tokenizer_config("additional_special_tokens", ["<a>", 7])],
     "tokenizer_config.json: additional_special_tokens[1] is neither a text nor a token object"),
    ("listed_token_without_id", [tokenizer_config("added_tokens_decoder", {"one": {"content": "<a>"}})],
     'tokenizer_config.json: added_tokens_decoder: "one" is not an id with a token object'),
    ("listed_token_without_content", [tokenizer_config("added_tokens_decoder", {"2048": {}})],
     'tokenizer_config.json: added_tokens_decoder: "2048" is not an id with a token object'),
    ("listed_tokens_are_a_list", [tokenizer_config("added_tokens_decoder", [])],
     'tokenizer_config.json: "added_tokens_decoder" is an array, an object is needed'),
    ("length_negative", [tokenizer_config("model_max_length", -1)],
     'tokenizer_config.json: "model_max_length" is -1, 0 or more is needed'),
    ("length_text", [tokenizer_config("model_max_length", "long")],
     'tokenizer_config.json: "model_max_length" is a string, a number is needed'),
    ("truncation_side_unknown", [tokenizer_config("truncation_side", "middle")],
     'tokenizer_config.json: "truncation_side" is "middle", allowed are left and right'),
    ("class_is_a_number", [tokenizer_config("tokenizer_class", 7)],
     'tokenizer_config.json: "tokenizer_class" is a number, a string is needed'),
    ("begin_token_wanted_and_not_there",
     [tokenizer_config("tokenizer_class", "LlamaTokenizerFast"), tokenizer_config("add_bos_token", True),
      tokenizer_config("bos_token", None)],
     'tokenizer_config.json: "add_bos_token" is true but there is no "bos_token"'),
    ("template_file_huge", [file("chat_template.jinja", "x" * (1 << 20) + "x")],
     '"FOLDER/chat_template.jinja" has 1048577 bytes, 1048576 are allowed'),
    ("added_ids_are_texts", [put("added_tokens.json", "<a>", "2048")],
     'added_tokens.json: the id of "<a>" is not a number'),
    ("special_map_is_a_list", [file("special_tokens_map.json", "[]")], "special_tokens_map.json: an object is needed"),
]

# It loads; `god tokenize` refuses the text TEXT.
TEXT = "a" * 200 + "! " + "\u2603" * 3
ENCODED = [
    ("regex_that_never_ends", [regex("(a+)+$")],
     "god tokenize: encode: a regular expression of the tokenizer gave up on 211 bytes: match limit exceeded"),
    ("regex_that_tries_all_ways", [regex("^(a|a|aa|aaa)*[bc]")],
     "god tokenize: encode: a regular expression of the tokenizer gave up on 211 bytes: match limit exceeded"),
    ("regex_that_looks_ahead_without_end", [regex("(?=(a+)+[bc])a")],
     "god tokenize: encode: a regular expression of the tokenizer gave up on 211 bytes: match limit exceeded"),
    ("unigram_without_unknown_id", [model("Unigram", unk_id=None, vocab=[["a", -1.0]])],
     'god tokenize: encode: the tokenizer has no "unk_id" for "!"'),
    ("wordpiece_without_unknown_token",
     [model("WordPiece", unk_token="[UNK]", vocab={"x": 0}, continuing_subword_prefix="##",
            max_input_chars_per_word=100)],
     'god tokenize: encode: the tokenizer has no "unk_token" in its vocabulary for '
     '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"'),
]
