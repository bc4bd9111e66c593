"""Rows of a chat task -> text, ids and labels, written from the specification alone (evaluation.md section 4).

`tokenizer` is a transformers tokenizer. Of the project it reads the library templates' Jinja sources and nothing else;
they are rendered by the tokenizer's own apply_chat_template.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from instruct_rows import CONTEXT_DEFAULT, IGNORE, SEQUENCE_LEN, DataError, candidates, kept  # noqa: E402

TEMPLATES = Path(__file__).resolve().parents[3] / "plugins" / "text" / "chat" / "templates"
PROBE = "[[dummy_message]]"
FALLBACK = "tokenizer_default_fallback_"


def template_source(choice, tokenizer):
    own = tokenizer.chat_template
    if own and (choice == "tokenizer_default" or choice.startswith(FALLBACK)):
        return own
    path = TEMPLATES / f"{choice.removeprefix(FALLBACK)}.jinja"
    if not path.exists():
        raise DataError(f"no template {choice!r}")
    return path.read_text(encoding="utf-8")


def turn_of(record, message):
    role, content = message.get(record["chat_role_field"]), message.get(record["chat_content_field"])
    roles = {
        record["chat_user_reference"]: "user",
        record["chat_assistant_reference"]: "assistant",
    }
    turn = {"role": roles.get(role, role), "content": content}
    return {key: value for key, value in turn.items() if value is not None}


def turns_of(record, row, has_system_column):
    messages = row.get(record["chat_column"])
    if not messages:
        raise DataError("no messages")
    turns = [turn_of(record, message) for message in messages if message is not None]
    if has_system_column and turns[0]["role"] != "system":
        if row.get("system") is None:
            raise DataError("no text in the system column")
        turns.insert(0, {"role": "system", "content": row["system"]})
    return turns


class Conversation:
    """One row, rendered and tokenised as often as its labels need it."""

    def __init__(self, tokenizer, source, turns, tools):
        self.tokenizer, self.source, self.turns, self.tools = tokenizer, source, turns, tools
        self.text = self.render(turns)
        self.ids = self.encode(turns)
        self.labels = [IGNORE] * len(self.ids)

    def render(self, turns):
        return self.tokenizer.apply_chat_template(turns, chat_template=self.source, tools=self.tools, tokenize=False)

    def encode(self, turns):
        return list(
            self.tokenizer.apply_chat_template(
                turns, chat_template=self.source, tools=self.tools, tokenize=True, return_dict=False
            )
        )

    def span(self, index):
        """[start, end) of what turn `index` says, or -1, -1."""
        full = self.encode(self.turns[: index + 1])
        dummy = self.encode([*self.turns[:index], {"role": self.turns[index]["role"], "content": PROBE}])
        pairs = list(zip(full, dummy))
        start = next((i for i, (a, b) in enumerate(pairs) if a != b), None)
        back = next((i for i, (a, b) in enumerate(zip(reversed(full), reversed(dummy))) if a != b), None)
        if start is None or back is None or len(full) - back <= start:
            return -1, -1
        return start, len(full) - back

    def first_eos(self, begin):
        eos = self.tokenizer.eos_token_id
        for i in range(begin, len(self.ids)):
            if self.ids[i] == eos:  # position -1 is the last id, and finding it there is finding nothing
                return i
        return -1

    def label(self):
        for index, turn in enumerate(self.turns):
            if turn.get("role") != "assistant":
                continue
            start, end = self.span(index)
            if end != -1:
                self.labels[start:end] = self.ids[start:end]
            found = self.first_eos(end)
            if found != -1 and found - end <= 3:
                self.labels[found] = self.ids[found]


def encode_rows(record, rows, tokenizer, source=None):
    """One Conversation per row. `source` overrules the record's template."""
    source = source or template_source(record["chat_template"], tokenizer)
    has_system_column = any("system" in row for row in rows)
    conversations = []
    for row in rows:
        turns = turns_of(record, row, has_system_column)
        conversation = Conversation(tokenizer, source, turns, row.get("tools"))
        conversation.label()
        conversations.append(conversation)
    return conversations


def build_examples(record, rows, tokenizer, max_position_embeddings):
    """The samples that are scored, in file order: what evaluate_reference.py asks a task type for."""
    limit = SEQUENCE_LEN
    if max_position_embeddings and max_position_embeddings < 2 * SEQUENCE_LEN:
        limit = (max_position_embeddings + 1) // 2
    cap = max_position_embeddings or CONTEXT_DEFAULT
    if 0 < (tokenizer.model_max_length or 0) < 1_000_000:
        cap = min(cap, tokenizer.model_max_length)
    conversations = encode_rows(record, rows, tokenizer)
    for limit in candidates(limit, cap):
        samples = [
            {"row": index, "ids": c.ids, "labels": c.labels}
            for index, c in enumerate(conversations)
            if kept(c.ids, c.labels, limit)
        ]
        if samples:
            return samples
    raise DataError("no row is left after tokenisation and filtering")
