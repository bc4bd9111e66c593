#!/usr/bin/env python3
"""Writes rows.jsonl beside it: the demo's test rows as conversations. Standard library only.

    python3 make_rows.py

Every third conversation has two exchanges, every fourth begins with a system turn.
"""

import json
from pathlib import Path

HERE = Path(__file__).resolve().parent
SYSTEM = "You solve word problems step by step. The last line is #### and the number."


def conversations(rows):
    rows = iter(rows)
    number = 0
    while True:
        messages = [{"from": "system", "value": SYSTEM}] if number % 4 == 1 else []
        for _ in range(2 if number % 3 == 2 else 1):
            row = next(rows, None)
            if row is None:
                return
            messages += [{"from": "user", "value": row["instruct"]}, {"from": "assistant", "value": row["output"]}]
        yield {"conversations": messages}
        number += 1


def main():
    text = (HERE.parent / "rows.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in conversations(rows)]
    (HERE / "rows.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
