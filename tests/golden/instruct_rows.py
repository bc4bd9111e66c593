"""Rows of an instruct task -> ids and labels, written from the specification alone (evaluation.md section 3).

`tokenizer` is a transformers tokenizer, or anything called like one that has bos_token_id, eos_token_id and
truncation_side.
"""

import string

IGNORE = -100
SEQUENCE_LEN = 4096
CONTEXT_DEFAULT = 131072  # a model without max_position_embeddings


class DataError(Exception):
    """A row or a record that ends the evaluation."""


def fill(template, **values):
    """Python's format with plain names only."""
    out = []
    try:
        pieces = list(string.Formatter().parse(template))
    except ValueError as error:
        raise DataError(f"format {template!r}: {error}") from error
    for literal, name, spec, conversion in pieces:
        out.append(literal)
        if name is None:
            continue
        if spec or conversion or name not in values:
            raise DataError(f"format {template!r}: unknown field {name!r}")
        out.append(str(values[name]))
    return "".join(out)


def settings(record):
    """The dataset-type record without its nulls, with the defaults of spec 3.1."""
    record = {key: value for key, value in record.items() if value is not None}
    if record.get("field"):
        raise DataError("the record has a field \"field\", which no prompt builder understands")
    record.setdefault("format", "{instruction} {input}" if record.get("field_input") else "{instruction}")
    record.setdefault("no_input_format", "{instruction}")
    record.setdefault("system_prompt", "")
    record.setdefault("system_format", "{system}")
    record.setdefault("field_system", "system")
    record.setdefault("field_input", "input")
    record.setdefault("field_instruction", "instruction")
    return record


def prompt_and_answer(record, row):
    if record["field_instruction"] not in row:
        raise DataError(f"field {record['field_instruction']!r} is missing")
    instruction = row[record["field_instruction"]]
    given = row[record["field_input"]] if record["field_input"] in row else ""
    answer = row[record["field_output"]] if record["field_output"] in row else ""
    system = row[record["field_system"]] if record["field_system"] in row else record["system_prompt"]
    prompt = ""
    if system and record["system_format"]:
        prompt = fill(record["system_format"], system=system)
    if given:
        prompt += fill(record["format"], instruction=instruction, input=given)
    else:
        prompt += fill(record["no_input_format"], instruction=instruction)
    return prompt, answer


def cut(tokenizer, text, limit):
    """The tokenizer's ids with its special tokens, at most `limit` of them; none for an empty text."""
    if not text:
        return []
    return list(tokenizer(text, truncation=True, max_length=limit)["input_ids"])


def close(tokenizer, ids, limit):
    """EOS at the end unless it is there or the list is full."""
    if tokenizer.eos_token_id is None:
        raise DataError("the tokenizer has no EOS")
    if not ids or ids[-1] == tokenizer.eos_token_id or len(ids) >= limit:
        return ids
    return ids + [tokenizer.eos_token_id]


def encode_row(tokenizer, prompt, answer, limit):
    """Spec 3.3. Text that gives no ids at all is closed with EOS only when it is text: an empty answer stays empty."""
    p = cut(tokenizer, prompt, limit)
    r = close(tokenizer, cut(tokenizer, answer, limit), limit)
    if r and tokenizer.bos_token_id is not None and r[0] == tokenizer.bos_token_id:
        r = r[1:]
    return p + r, [IGNORE] * len(p) + r


def completion_pieces(tokenizer, text, limit):
    """Spec 3.5: everything is scored, in pieces of `limit` ids."""
    ids = close(tokenizer, cut(tokenizer, text, 64 * limit), 64 * limit)
    return [(ids[i : i + limit], ids[i : i + limit]) for i in range(0, len(ids), limit)]


def kept(ids, labels, limit):
    return 2 <= len(ids) <= limit and any(label != IGNORE for label in labels)


def candidates(start, cap):
    """Spec 2.4: the context lengths that are tried in turn."""
    start = start if start > 0 else 2048
    cap = cap if cap > 0 else 8192
    if start > cap:
        return [cap]
    lengths = []
    while start < cap:
        lengths.append(start)
        start *= 2
    return lengths + [cap]


def encode_rows(record, rows, tokenizer, limit):
    """Every sample of the rows before the filter, as dictionaries with row, ids, labels."""
    record = settings(record)
    samples = []
    for index, row in enumerate(rows):
        if not record.get("field_output"):
            pieces = completion_pieces(tokenizer, row[record["field_instruction"]], limit)
        else:
            pieces = [encode_row(tokenizer, *prompt_and_answer(record, row), limit)]
        samples += [{"row": index, "ids": ids, "labels": labels} for ids, labels in pieces]
    return samples


def build_examples(record, rows, tokenizer, max_position_embeddings):
    """The samples that are scored, in file order."""
    limit = SEQUENCE_LEN
    if max_position_embeddings and max_position_embeddings < 2 * SEQUENCE_LEN:
        limit = (max_position_embeddings + 1) // 2
    cap = max_position_embeddings or CONTEXT_DEFAULT
    if 0 < (tokenizer.model_max_length or 0) < 1_000_000:
        cap = min(cap, tokenizer.model_max_length)
    for limit in candidates(limit, cap):
        samples = [s for s in encode_rows(record, rows, tokenizer, limit) if kept(s["ids"], s["labels"], limit)]
        if samples:
            return samples
    raise DataError("no row is left after tokenisation and filtering")
