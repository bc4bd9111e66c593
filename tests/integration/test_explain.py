#!/usr/bin/env python3
"""god tokenize --task, which shows a row of test data as it is scored: test_explain.py GOD ROOT MINIMAL.so

The labels are compared with what the reference's own code gave (tests/golden) where that is stored for the rows used.
"""

import json
import os
import pty
import subprocess
import sys
import tempfile
import unittest

GOD, ROOT = sys.argv[1], sys.argv[2]
DEMO = f"{ROOT}/sdk/examples/demo"
BASE = f"{DEMO}/models/base"
HOME = tempfile.TemporaryDirectory()
ENVIRONMENT = {**os.environ, "HOME": HOME.name, "XDG_CACHE_HOME": f"{HOME.name}/cache"}


def god(*arguments):
    return subprocess.run([GOD, "tokenize", *arguments], text=True, capture_output=True, check=False, env=ENVIRONMENT)


def explain(task, data, *more, base=BASE):
    return god("--task", task, "--data", data, "--base", base, "--quiet", *more)


def parts_of(run):
    return [json.loads(line) for line in run.stdout.splitlines()]


class WithFiles(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name, value):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file)
        return path

    def explain_rows(self, task_type, record, rows, *more, base=BASE, **task):
        spec = {"task_id": "t", "task_type": task_type, "dataset_type": record, "file_format": "json", **task}
        return explain(self.write("task.json", spec), self.write("rows.json", rows), "--json", *more, base=base)


class Instruct(WithFiles):
    def check_row(self, case, index):
        """One row of a stored case: ids and labels as the reference made them, the state as its filter decided."""
        nothing = {"ids": [], "ignored": 0, "kept": False} # an empty text has no sample, and is shown as one
        samples = [sample for sample in case["samples"] if sample["row"] == index] or [nothing]
        run = self.explain_rows("InstructTextTask", case["dataset_type"], case["rows"], "--row", str(index + 1),
                                "--seq-len-max", str(case["sequence_len"]), base=f"{ROOT}/{self.tokenizer}")
        self.assertIn(run.returncode, (0, 1), run.stderr)
        parts = parts_of(run)
        self.assertEqual(len(parts), len(samples))
        for part, sample in zip(parts, samples):
            ids = [token["id"] for token in part["tokens"]]
            self.assertEqual(ids, sample["ids"])
            expected = [-100] * sample["ignored"] + sample["ids"][sample["ignored"]:]
            self.assertEqual([token["label"] for token in part["tokens"]], expected)
            self.assertEqual(part["state"] == "kept", sample["kept"])
            scored = [sample["kept"] and at > 0 and label != -100 for at, label in enumerate(expected)]
            self.assertEqual([token["scored"] for token in part["tokens"]], scored)
        self.assertEqual(run.returncode, 0 if any(sample["kept"] for sample in samples) else 1)

    def test_labels_are_those_of_the_reference(self):
        with open(f"{ROOT}/tests/golden/instruct_tokens.json", encoding="utf-8") as file:
            golden = json.load(file)
        self.tokenizer = golden["tokenizer"]
        checked = 0
        for case in golden["cases"]:
            if case.get("error") or not any(sample["kept"] for sample in case["samples"]):
                continue
            for index in range(min(3, len(case["rows"]))):
                with self.subTest(case=case.get("name"), row=index):
                    self.check_row(case, index)
                    checked += 1
        self.assertGreater(checked, 10)

    def test_texts_put_together_are_the_text(self):
        words = "naïve 🙂 日本\n\tend"
        run = self.explain_rows("InstructTextTask", {"field_instruction": "q", "field_output": "a"},
                                [{"q": words, "a": words}])
        part, = parts_of(run)
        text = "".join(token["text"] for token in part["tokens"] if not token["special"])
        self.assertEqual(text, words + words)
        self.assertEqual([token["piece"] for token in part["tokens"] if token["special"]],
                         ["<|begin_of_text|>", "<|end_of_text|>"])
        self.assertEqual(part["sequence_len"], 4096)

    def test_dropped_rows_say_why(self):
        record = {"field_instruction": "q", "field_output": "a"}
        rows = [{"q": "short", "a": "answer"}, {"q": "many words " * 200, "a": "answer"}, {"q": "no answer", "a": ""},
                {"q": "", "a": ""}]
        expected = [("kept", ""), ("too_long", "at most 100 are allowed"), ("no_labels", "none of its tokens"),
                    ("too_short", "it has 0 tokens, at least 2 are needed")]
        for row, (state, words) in enumerate(expected, 1):
            run = self.explain_rows("InstructTextTask", record, rows, "--row", str(row), "--seq-len-max", "100")
            part, = parts_of(run)
            self.assertEqual(part["state"], state)
            self.assertIn(words, part["message"])
            self.assertEqual(run.returncode, 0 if state == "kept" else 1)
            self.assertEqual(any(token["scored"] for token in part["tokens"]), state == "kept")

    def test_a_long_text_is_shown_in_its_pieces(self):
        run = self.explain_rows("InstructTextTask", {"field_instruction": "q"}, [{"q": "one two three " * 60}],
                                "--seq-len-max", "100")
        parts = parts_of(run)
        self.assertGreater(len(parts), 1)
        self.assertEqual([part["part"] for part in parts], [f"piece-{i + 1}" for i in range(len(parts))])
        self.assertEqual([len(part["tokens"]) for part in parts[:-1]], [100] * (len(parts) - 1))
        first = parts[0]["tokens"][0]
        self.assertEqual((first["label"], first["scored"]), (first["id"], False)) # nothing predicts the first token


class Chat(WithFiles):
    def test_what_the_assistant_says_is_scored(self):
        run = explain(f"{DEMO}/chat/task.json", f"{DEMO}/chat/rows.jsonl", "--json")
        self.assertEqual(run.returncode, 0, run.stderr)
        part, = parts_of(run)
        with open(f"{DEMO}/chat/rows.jsonl", encoding="utf-8") as file:
            turns = json.loads(file.readline())["conversations"]
        said = "".join(turn["value"].strip() for turn in turns if turn["from"] == "assistant")
        scored = "".join(token["text"] for token in part["tokens"] if token["scored"] and not token["special"])
        self.assertEqual("".join(scored.split()), "".join(said.split()))
        whole = "".join(token["text"] for token in part["tokens"])
        for turn in turns:
            self.assertIn(turn["value"].strip(), whole)


class Dpo(WithFiles):
    record = {"field_prompt": "p", "field_chosen": "c", "field_rejected": "r"}

    def test_both_answers_are_shown(self):
        run = explain(f"{DEMO}/dpo/task.json", f"{DEMO}/dpo/rows.jsonl", "--row", "2", "--json")
        self.assertEqual(run.returncode, 0, run.stderr)
        parts = parts_of(run)
        with open(f"{DEMO}/dpo/rows.jsonl", encoding="utf-8") as file:
            row = json.loads(file.readlines()[1])
        self.assertEqual([part["part"] for part in parts], ["chosen", "rejected"])
        for part in parts:
            text = {True: "", False: ""}
            for token in part["tokens"]:
                text[token["scored"]] += "" if token["special"] else token["text"]
            self.assertEqual(text[False], row["prompt"])
            self.assertEqual(text[True], row[part["part"]])
            self.assertEqual(part["tokens"][-1]["piece"], "<|end_of_text|>")
            self.assertTrue(part["tokens"][-1]["scored"])
            self.assertEqual(part["sequence_len"], 8192)

    def test_a_cut_row_says_so(self):
        rows = [{"p": "a question", "c": "long " * 50, "r": "no"}]
        chosen, rejected = parts_of(self.explain_rows("DpoTask", self.record, rows, "--seq-len-max", "10"))
        self.assertEqual((chosen["state"], len(chosen["tokens"])), ("kept", 10))
        self.assertIn("cut: 10 of its", chosen["message"])
        self.assertEqual(rejected["message"], "")


class Command(WithFiles):
    task, data = f"{DEMO}/task.json", f"{DEMO}/rows.jsonl"

    def test_a_pipe_gets_no_colours(self):
        run = explain(self.task, self.data)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertTrue(run.stdout.startswith("row 1, example: kept\n"))
        self.assertNotIn("\033", run.stdout)

    def on_a_terminal(self, **environment):
        try:
            ours, theirs = pty.openpty()
        except OSError as problem:
            self.skipTest(f"this machine has no pseudo-terminals: {problem}")
        run = subprocess.Popen([GOD, "tokenize", "--task", self.task, "--data", self.data, "--base", BASE],
                               stdout=theirs, stderr=subprocess.DEVNULL, env={**ENVIRONMENT, **environment})
        os.close(theirs)
        text = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError: # the other end is closed
                break
            if not chunk:
                break
            text += chunk
        os.close(ours)
        self.assertEqual(run.wait(), 0)
        return text.decode()

    def test_a_terminal_gets_colours_unless_told_otherwise(self):
        lines = self.on_a_terminal(NO_COLOR="").splitlines()
        coloured = [line for line in lines if "\033" in line]
        self.assertTrue(coloured)
        for line in coloured:
            self.assertTrue(line.startswith("\033[32m*" if "*" in line[:8] else "\033[2m."), line)
        self.assertNotIn("\033", self.on_a_terminal(NO_COLOR="1"))

    def test_control_characters_of_a_row_stay_harmless(self):
        task = self.write("t.json", {"task_id": "t", "task_type": "InstructTextTask", "file_format": "json",
                                     "dataset_type": {"field_instruction": "q", "field_output": "a"}})
        run = explain(task, self.write("r.json", [{"q": "\033[31mred\u0007", "a": "\u009b31m"}]))
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertFalse(any(ord(c) < 32 and c != "\n" or 0x7f <= ord(c) < 0xa0 for c in run.stdout))
        self.assertIn("\\x1b", run.stdout)

    def test_a_row_that_is_not_there(self):
        run = explain(self.task, self.data, "--row", "81")
        self.assertEqual((run.returncode, run.stdout), (2, ""))
        self.assertIn("there is no row 81: the test file has rows 1 to 80", run.stderr)
        self.assertEqual(explain(self.task, self.data, "--row", "0").returncode, 2)

    def test_usage(self):
        self.assertIn("--task FILE", god("--help").stdout)
        help_text = god("--task", "x", "--help")
        self.assertEqual(help_text.returncode, 0)
        self.assertIn("--row N", help_text.stdout)
        self.assertEqual(god("--task", self.task).returncode, 2)
        self.assertEqual(god("--task", "no-such-file", "--data", self.data).returncode, 2)

    def test_a_plug_in_that_shows_nothing_says_so(self):
        minimal = sys.argv[3]
        run = explain(f"{ROOT}/tests/conformance/minimal_task.json", self.data, "--plugin", minimal)
        self.assertEqual((run.returncode, run.stdout), (3, ""))
        self.assertIn("cannot show what it scores (it has no god.explain/1)", run.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
