#!/usr/bin/env python3
"""Writes instruct_tokens.json: ids and labels of instruct rows on the demo's tokenizer, by instruct_rows.py.

    pip install -r ../../sdk/examples/demo/requirements.txt
    python3 make_instruct_tokens.py

The consumer is the test of the instruct plug-in; the format is told in the file's own `comment`.
"""

import json
import sys
from pathlib import Path

import transformers
from instruct_rows import DataError, encode_rows, kept

HERE = Path(__file__).resolve().parent
TOKENIZER = "sdk/examples/demo/models/base"

COMMENT = [
    "Made by make_instruct_tokens.py. `tokenizer` is a model folder relative to the root of the repository.",
    "A case has a dataset-type record as a task carries it, the rows of a data file, and sequence_len, the most ids a",
    "sample may have (spec 3.3, 3.4). Either `error` is true: the rows end the evaluation with a data error; or",
    "`samples` lists what every row becomes before the filter, in order: row (0-based), ids, ignored (how many leading",
    "labels are -100; the other labels equal the ids), and kept (whether the sample survives the filter).",
    "`order` are the indices into samples that are scored, ascending by length, ties in row order.",
]

PLAIN = {"field_instruction": "instruct", "field_output": "output"}
ALL_KEYS = {
    "system_prompt": "",
    "system_format": "{system}",
    "field_system": None,
    "field_instruction": "instruct",
    "field_input": "input",
    "field_output": "output",
    "format": None,
    "no_input_format": None,
    "field": None,
}
SIMPLE = {"instruct": "How many apples are left?", "output": "There are 12 - 5 = 7 apples left."}
WITH_INPUT = {"instruct": "Add the numbers.", "input": "2 and 3", "output": "5"}


def cases():
    yield "plain record", PLAIN, [SIMPLE], 4096
    yield "all keys, nulls dropped", ALL_KEYS, [SIMPLE, WITH_INPUT], 4096
    yield "input column without field_input uses its default name", PLAIN, [WITH_INPUT], 4096
    yield "input of one blank is an input", ALL_KEYS, [{**WITH_INPUT, "input": " "}, {**WITH_INPUT, "input": ""}], 4096
    yield "system prompt without separator", {**ALL_KEYS, "system_prompt": "You are terse."}, [SIMPLE, WITH_INPUT], 4096
    yield (
        "system format",
        {**ALL_KEYS, "system_prompt": "S", "system_format": "### System:\n{system}\n\n"},
        [SIMPLE, WITH_INPUT],
        4096,
    )
    yield "empty system format", {**ALL_KEYS, "system_prompt": "S", "system_format": ""}, [SIMPLE], 4096
    yield (
        "system column, filled and empty, wins over the system prompt",
        {**ALL_KEYS, "system_prompt": "DEFAULT ", "field_system": "system"},
        [{**SIMPLE, "system": "ROW "}, {**SIMPLE, "system": ""}],
        4096,
    )
    yield (
        "system column under its default name",
        {**PLAIN, "system_prompt": "DEFAULT "},
        [{**SIMPLE, "system": "ROW "}],
        4096,
    )
    yield (
        "field_system of nothing names no column",
        {**ALL_KEYS, "system_prompt": "DEFAULT ", "field_system": ""},
        [{**SIMPLE, "system": "ROW "}],
        4096,
    )
    yield (
        "own formats with literal braces",
        {**ALL_KEYS, "format": "{{{instruction}}} <{input}>\n", "no_input_format": "Q: {instruction}\nA: "},
        [SIMPLE, WITH_INPUT],
        4096,
    )
    yield (
        "a format may leave the instruction out",
        {**ALL_KEYS, "no_input_format": "constant"},
        [SIMPLE],
        4096,
    )
    yield "texts with braces are not formats", PLAIN, [{"instruct": "{x} {{y}} {", "output": "} {0}"}], 4096
    yield "own column names", {"field_instruction": "q", "field_output": "a"}, [{"q": "One?", "a": "Two."}], 4096
    yield (
        "answers: empty, blanks, one letter, line ends",
        PLAIN,
        [{"instruct": "Q", "output": text} for text in ("", " ", "   ", "x", "\n", "\r\n\n", "a\n")],
        4096,
    )
    yield (
        "a missing output column is an empty answer",
        PLAIN,
        [{"instruct": "Q"}, {"instruct": "R"}],
        4096,
    )
    yield "empty prompt", PLAIN, [{"instruct": "", "output": "answer only"}, {"instruct": "", "output": ""}], 4096
    yield (
        "special-token texts inside",
        PLAIN,
        [
            {"instruct": "a<|end_of_text|>b", "output": "c"},
            {"instruct": "a", "output": "b<|end_of_text|>"},
            {"instruct": "a", "output": "<|end_of_text|>"},
            {"instruct": "a", "output": "<|begin_of_text|>b"},
            {"instruct": "<|begin_of_text|>a", "output": "<|begin_of_text|>"},
            {"instruct": "a", "output": "b<|end_of_text|> "},
            {"instruct": "a <|end_of_text|> <|end_of_tex|>", "output": "<|end_of_text|><|end_of_text|>"},
        ],
        4096,
    )
    yield (
        "unicode",
        PLAIN,
        [
            {"instruct": "Wie viele Äpfel — genau?", "output": "Zwölf."},
            {"instruct": "有多少个苹果？", "output": "十二个苹果。"},
            {"instruct": "кількість яблук", "output": "дванадцять"},
            {"instruct": "عدد التفاح", "output": "١٢ تفاحة"},
            {"instruct": "e\u0301 vs \u00e9", "output": "\ufb01 \u2460 \u00bd"},
            {"instruct": "👩‍👩‍👧‍👦 🇩🇪", "output": "🙂🙂"},
            {"instruct": "a\u00a0b\u2003c\u200bd", "output": "\u0001 \u0007 \u007f"},
            {"instruct": "\ufeffstart", "output": "\U0001d54f \U0010fffd"},
        ],
        4096,
    )
    yield "the letter NUL", PLAIN, [{"instruct": "a\u0000b", "output": "c\u0000"}], 4096
    yield (
        "blanks, contractions and digits",
        PLAIN,
        [
            {"instruct": "  two  blanks   three\t\ttabs \n\n \n end  ", "output": " 1234567 12 3.14159 1,000,000"},
            {"instruct": "I'LL they'RE don't 'twas we'Ve it'ſ", "output": "x'S y'M z'D"},
            {"instruct": "$<<48/2=24>>24", "output": "#### 72"},
            {"instruct": "a!!!\n\nb...\r\nc", "output": "(((x)))[y]{z}"},
        ],
        4096,
    )
    yield (
        "lengths around the limit",
        PLAIN,
        [{"instruct": "one two three four", "output": " a" * count} for count in range(0, 10)],
        12,
    )
    yield (
        "prompt or answer longer than the limit",
        PLAIN,
        [
            {"instruct": " a" * 40, "output": "b"},
            {"instruct": "a", "output": " b" * 40},
            {"instruct": "", "output": " b" * 40},
            {"instruct": "", "output": " b" * 15},
            {"instruct": "", "output": " b" * 14},
            {"instruct": " a" * 40, "output": ""},
        ],
        16,
    )
    yield (
        "very long rows at the usual limit",
        PLAIN,
        [{"instruct": " x" * 5000, "output": "y"}, {"instruct": "x", "output": " y" * 4000}, SIMPLE],
        4096,
    )
    yield "order by length, ties in row order", PLAIN, [
        {"instruct": text, "output": "b"} for text in ("a a a", "a", "c c c", "a a", "d")
    ], 4096
    yield (
        "completion mode: everything is scored, in pieces",
        {"field_instruction": "text"},
        [{"text": "one two three four five six seven"}, {"text": ""}, {"text": "one"}, {"text": "one two three"}],
        4,
    )
    yield (
        "completion mode with an empty field_output",
        {**ALL_KEYS, "field_instruction": "text", "field_output": ""},
        [{"text": "A short text."}],
        4096,
    )
    yield "instruction column missing", PLAIN, [{"output": "x"}], 4096
    yield "unknown name in a format", {**ALL_KEYS, "no_input_format": "{question}"}, [SIMPLE], 4096
    yield "input in no_input_format", {**ALL_KEYS, "no_input_format": "{instruction}{input}"}, [SIMPLE], 4096
    yield "positional field in a format", {**ALL_KEYS, "format": "{}"}, [WITH_INPUT], 4096
    yield "lone brace in a format", {**ALL_KEYS, "no_input_format": "{instruction} }"}, [SIMPLE], 4096
    yield "conversion in a format", {**ALL_KEYS, "no_input_format": "{instruction!r}"}, [SIMPLE], 4096
    yield "record with field", {**ALL_KEYS, "field": "text"}, [SIMPLE], 4096


def make_case(tokenizer, name, record, rows, limit):
    case = {"name": name, "dataset_type": record, "sequence_len": limit, "rows": rows}
    try:
        samples = encode_rows(record, rows, tokenizer, limit)
    except DataError:
        case["error"] = True
        return case
    case["samples"] = []
    for sample in samples:
        ids, labels = sample["ids"], sample["labels"]
        ignored = next((i for i, label in enumerate(labels) if label != -100), len(labels))
        case["samples"].append(
            {"row": sample["row"], "ignored": ignored, "kept": kept(ids, labels, limit), "ids": ids}
        )
    scored = [i for i, sample in enumerate(case["samples"]) if sample["kept"]]
    case["order"] = sorted(scored, key=lambda i: len(case["samples"][i]["ids"]))
    return case


def main():
    tokenizer = transformers.AutoTokenizer.from_pretrained(HERE.parent.parent / TOKENIZER)
    made = [make_case(tokenizer, *case) for case in cases()]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in made)
    head = json.dumps({"comment": COMMENT, "tokenizer": TOKENIZER}, indent=1)[:-2]
    (HERE / "instruct_tokens.json").write_text(f'{head},\n "cases": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{len(made)} cases, transformers {transformers.__version__}", file=sys.stderr)


if __name__ == "__main__":
    main()
