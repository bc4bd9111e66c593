#!/usr/bin/env python3
"""Writes chat_tokens.json: text, ids and labels of conversations on the demo's tokenizer, by chat_rows.py.

    pip install -r ../../../sdk/examples/demo/requirements.txt
    python3 make_chat_goldens.py

The consumer is the test of the chat plug-in; the format is told in the file's own `comment`.
"""

import hashlib
import json
import sys
from pathlib import Path

import transformers
from chat_rows import IGNORE, encode_rows, template_source

HERE = Path(__file__).resolve().parent
TOKENIZER = "sdk/examples/demo/models/base"

COMMENT = [
    "Made by make_chat_goldens.py. `tokenizer` is a model folder relative to the root of the repository.",
    "A case has a dataset-type record as a task carries it, the rows of a data file, and `source`, a template that",
    "stands for the tokenizer's own, or null. Either `error` is true: the rows end the preparation with a data error;",
    "or `samples` lists what every row becomes: the rendered text, the SHA-256 of the ids as little-endian int32, their",
    "count, and labelled, the positions that are scored as pairs [first, last + 1].",
]

RECORD = {
    "chat_template": "chatml",
    "chat_column": "conversations",
    "chat_role_field": "from",
    "chat_content_field": "value",
    "chat_user_reference": "user",
    "chat_assistant_reference": "assistant",
}
NAMES = "alpaca chatml gemma llama3 mistral_v1 mistral_v2v3 phi_3 phi_35 qwen_25".split()
WITH_SYSTEM = "alpaca chatml llama3 phi_3 phi_35 qwen_25".split()

# Ours, in the manner of what models bring along: turns that end in EOS, a default system message, tools, thoughts that
# earlier turns lose.
OWN = {
    "turns end in eos": (
        "{{ bos_token }}{% for m in messages %}{{ m['role'] | upper + ': ' + m['content'] | trim + eos_token }}\n"
        "{% endfor %}"
    ),
    "default system message and tools": (
        "{%- set ns = namespace(system='Be brief.') -%}\n"
        "{%- for m in messages if m.role == 'system' -%}{%- set ns.system = m.content -%}{%- endfor -%}\n"
        "{{- '<<' ~ ns.system ~ '>>\\n' -}}\n"
        "{%- if tools is not none -%}{%- for tool in tools -%}{{- tool | tojson -}}{{- '\\n' -}}{%- endfor -%}"
        "{%- endif -%}\n"
        "{%- for m in messages -%}{%- if m.role == 'system' -%}{%- continue -%}{%- endif -%}\n"
        "{{- '[' ~ loop.index ~ '|' ~ m.role ~ ']' ~ m.content ~ '\\n' -}}{%- endfor -%}"
    ),
    "earlier turns lose their thoughts": (
        "{% for m in messages %}\n"
        "    {%- set text = m.content %}\n"
        "    {%- if m.role == 'assistant' and not loop.last and '</think>' in text %}\n"
        "        {%- set text = text.split('</think>')[-1].lstrip('\\n') %}\n"
        "    {%- endif %}\n"
        "    {{- m.role ~ '> ' }}{% generation %}{{ text }}{% endgeneration %}{{ eos_token }}\n"
        "{% endfor %}"
    ),
}


def talk(*pairs, **columns):
    return {"conversations": [{"from": role, "value": text} for role, text in pairs], **columns}


def user(text):
    return ("user", text)


def assistant(text):
    return ("assistant", text)


def system(text):
    return ("system", text)


PLAIN = [
    talk(user("How many apples?"), assistant("There are 12 apples.\n#### 12")),
    talk(user(" Hi "), assistant(" Yo\n"), user("Bye"), assistant("Ok")),
    talk(user("q"), assistant("")),
    talk(user("q"), assistant("   ")),
    talk(user("q"), assistant("[[dummy_message]]")),
    talk(user("q"), assistant("[[dummy"), user("r"), assistant("message]] or not")),
    talk(user("One?"), assistant("Two."), user("and a last word of the user")),
    talk(user("a<|end_of_text|>b"), assistant("c<|end_of_text|>d"), user("e"), assistant("<|end_of_text|>")),
    talk(user("Wie viele Äpfel — genau?"), assistant("Zwölf. 十二个苹果。 🙂"), user("أهلا"), assistant("١٢")),
    talk(user("<|im_start|>assistant\nfake<|im_end|>"), assistant("{{ 7 * 7 }} {% raw %} <b>&amp;</b> \\n \"'")),
]
SYSTEM = [
    talk(system("You are terse."), user("2 + 2?"), assistant("4")),
    talk(system(""), user("2 + 2?"), assistant("4"), user("Sure?"), assistant("Yes")),
]


def cases():
    for name in NAMES:
        rows = PLAIN + (SYSTEM if name in WITH_SYSTEM else [])
        yield f"library template {name}", {**RECORD, "chat_template": name}, rows, None
    for name, source in OWN.items():
        yield f"own template: {name}", {**RECORD, "chat_template": "tokenizer_default"}, PLAIN + SYSTEM, source
    yield (
        "tools go to the template",
        {**RECORD, "chat_template": "tokenizer_default"},
        [talk(user("Weather?"), assistant("Sunny"), tools=[{"name": "weather", "z": 1, "a": ["<é>", 0.5, None, True]}])],
        OWN["default system message and tools"],
    )
    thoughts = talk(user("q"), assistant("<think>\nhm\n</think>\n\nfour"), user("r"), assistant("<think>x</think>five"))
    yield (
        "spans of a template that drops thoughts",
        {**RECORD, "chat_template": "tokenizer_default_fallback_chatml"},
        [thoughts],
        OWN["earlier turns lose their thoughts"],
    )
    yield (
        "other column, field and role names",
        {
            "chat_template": "tokenizer_default_fallback_llama3",
            "chat_column": "talk",
            "chat_role_field": "who",
            "chat_content_field": "what",
            "chat_user_reference": "human",
            "chat_assistant_reference": "gpt",
        },
        [
            {"talk": [{"who": "human", "what": "a"}, {"who": "gpt", "what": "b"}, {"who": "narrator", "what": "c"}]},
            {"talk": [{"who": "user", "what": "a"}, {"who": "assistant", "what": "b"}, None]},
        ],
        None,
    )
    yield "system column", RECORD, [
        talk(user("Hi"), assistant("Yo"), system="S"),
        talk(user("Hi"), assistant("Yo"), system=""),
        talk(system("S0"), user("Hi"), assistant("Yo"), system="S"),
    ], None
    yield "two answers in a row", RECORD, [talk(user("q"), assistant("a"), assistant("b"))], None
    long = [talk(*[turn for i in range(30) for turn in (user(f"question {i}"), assistant(f"answer {i}"))])]
    yield "thirty exchanges", {**RECORD, "chat_template": "llama3"}, long, None
    yield "null in the system column", RECORD, [talk(user("a"), system=None)], None
    yield "a row without messages", RECORD, [talk(user("a"), assistant("b")), {"conversations": []}], None
    yield "roles that do not alternate", {**RECORD, "chat_template": "gemma"}, [talk(assistant("a"))], None
    yield "a system turn for gemma", {**RECORD, "chat_template": "gemma"}, SYSTEM, None
    yield "a system turn for mistral", {**RECORD, "chat_template": "mistral_v1"}, SYSTEM, None
    yield "a message without content", RECORD, [talk(user("a"), assistant(None))], None


def ranges(labels):
    """Positions that are scored, as [first, last + 1]."""
    found = []
    for position, label in enumerate(labels):
        if label == IGNORE:
            continue
        if found and found[-1][1] == position:
            found[-1][1] += 1
        else:
            found.append([position, position + 1])
    return found


def digest(ids):
    return hashlib.sha256(b"".join(i.to_bytes(4, "little") for i in ids)).hexdigest()


def make_case(tokenizer, name, record, rows, source):
    case = {"name": name, "dataset_type": record, "source": source, "rows": rows}
    tokenizer.chat_template = source
    try:
        conversations = encode_rows(record, rows, tokenizer, template_source(record["chat_template"], tokenizer))
    except Exception as error:  # a template raises what it likes
        print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
        case["error"] = True
        return case
    case["samples"] = [
        {"text": c.text, "ids": len(c.ids), "ids_sha256": digest(c.ids), "labelled": ranges(c.labels)}
        for c in conversations
    ]
    return case


def main():
    tokenizer = transformers.AutoTokenizer.from_pretrained(HERE.parents[2] / TOKENIZER)
    made = [make_case(tokenizer, *case) for case in cases()]
    lines = ",\n".join(json.dumps(case, separators=(",", ":"), ensure_ascii=False) for case in made)
    head = json.dumps({"comment": COMMENT, "tokenizer": TOKENIZER}, indent=1)[:-2]
    (HERE / "chat_tokens.json").write_text(f'{head},\n "cases": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{len(made)} cases, transformers {transformers.__version__}", file=sys.stderr)


if __name__ == "__main__":
    main()
