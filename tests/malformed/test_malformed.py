#!/usr/bin/env python3
"""Broken models, tokenizers, adapters and templates: test_malformed.py GOD DEMO_FOLDER [--got] [--sanitized]

The cases are in cases_*.py: what is changed of the demo's models, and the sentence that is expected. With --got the
sentences of this build are printed as one JSON object, to compare after wording has changed. --sanitized: the build has
sanitizers.
"""

import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import unittest

import cases_config
import cases_submission
import cases_template
import cases_tokenizer
import cases_weights
from folders import Folder

GOD, DEMO = sys.argv[1], os.path.abspath(sys.argv[2])
TIME_LIMIT_S = 60  # of one program; a hang becomes a failure with the case's name
REFUSED = 1


def run_god(*arguments):
    """(exit status, standard output, standard error); one that hangs or crashes has a status no case expects."""
    try:
        run = subprocess.run([GOD, *arguments], capture_output=True, timeout=TIME_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return -1, "", f"no answer in {TIME_LIMIT_S} s"
    return run.returncode, run.stdout.decode(errors="replace"), run.stderr.decode(errors="replace")


def make(source, changes, target):
    folder = Folder(os.path.join(DEMO, "models", source))
    for change in changes:
        change(folder)
    folder.write(target)
    return target


def refused_by_show(directory):
    """What `god model show --check` objects to, as lines."""
    status, output, errors = run_god("model", "show", "--check", "--json", directory)
    if status != REFUSED or errors:
        return f"exit status {status}, not {REFUSED}: {errors}"
    return "\n".join(json.loads(output)["refused"]).replace(directory, "FOLDER")


def refused_by_tokenize(directory):
    status, output, errors = run_god("tokenize", "--json", "--model", directory, cases_tokenizer.TEXT)
    return errors.strip() if status == REFUSED and not output else f"exit status {status}, not {REFUSED}: {errors}"


def each(program, source, cases, directory):
    """{case: (expected, got)}, where `program` says of a folder what is wrong with it."""
    names = [name for name, _, _ in cases]
    assert len(names) == len(set(names)), f"a name is there twice: {names}"
    made = [make(source, changes, os.path.join(directory, name)) for name, changes, _ in cases]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return {name: (expected, got) for (name, _, expected), got in zip(cases, pool.map(program, made))}


def first_rows(name, count, target):
    """The first rows of a file of test data."""
    with open(os.path.join(DEMO, name), encoding="utf-8") as file:
        lines = [file.readline() for _ in range(count)]
    with open(target, "w", encoding="utf-8") as file:
        file.writelines(lines)
    return target


def evaluate(base, task, rows, submissions):
    """{submission: its part of the result}"""
    named = [text for name, path in submissions.items() for text in ("--submission", f"{name}={path}")]
    status, output, errors = run_god("evaluate", "--json", "--task", os.path.join(DEMO, task), "--data", rows, "--base",
                                     base, *named)
    if not output:
        return {name: {"message": f"exit status {status}: {errors}"} for name in submissions}
    return {result["name"]: result for result in json.loads(output)["results"]}


def templates(cases, directory):
    """{case: (expected, got)}; the template is the base's, so each has a run of its own."""
    rows = first_rows("chat/rows.jsonl", 2, os.path.join(directory, "rows.jsonl"))
    with open(os.path.join(DEMO, "chat/task.json"), encoding="utf-8") as file:
        task = json.load(file)
    task["dataset_type"]["chat_template"] = "tokenizer_default"
    task_path = os.path.join(directory, "task.json")
    with open(task_path, "w", encoding="utf-8") as file:
        json.dump(task, file)
    submission = {"sound": os.path.join(DEMO, "models/lora_r8")}

    def refused(base):
        result = evaluate(base, task_path, rows, submission)["sound"]
        return result["message"].replace(base, "FOLDER")

    return each(refused, "base", cases, directory)


def submissions(directory):
    """{case: (expected, got)}; all are in one evaluation, with a sound one whose digits must stay."""
    tables = {"lora_r8": cases_submission.ADAPTERS, "base": cases_submission.MODELS}
    cases = [(source, *case) for source, table in tables.items() for case in table]
    paths = {name: make(source, changes, os.path.join(directory, name)) for source, name, changes, _ in cases}
    rows, base = first_rows("rows.jsonl", 2, os.path.join(directory, "rows.jsonl")), os.path.join(DEMO, "models/base")
    sound = {"sound": os.path.join(DEMO, "models/lora_r8")}
    alone = evaluate(base, "task.json", rows, sound)["sound"]
    among = evaluate(base, "task.json", rows, {**paths, **sound})
    results = {name: (expected, among[name]["message"].replace(paths[name], "FOLDER"))
               for _, name, _, expected in cases}
    results["sound"] = (json.dumps(alone, indent=1), json.dumps(among["sound"], indent=1))  # every digit
    return results


class Malformed(unittest.TestCase):
    maxDiff = None

    def check(self, results):
        for name, (expected, got) in results.items():
            with self.subTest(name):
                self.assertMultiLineEqual(expected, got)

    def scratch(self):
        scratch = tempfile.TemporaryDirectory(prefix="god-malformed-")
        self.addCleanup(scratch.cleanup)
        return scratch.name

    def test_weights_in_one_file(self):
        self.check(each(refused_by_show, "base", cases_weights.SINGLE, self.scratch()))

    def test_weights_in_shards(self):
        self.check(each(refused_by_show, "copy", cases_weights.SHARDED, self.scratch()))

    def test_config(self):
        self.check(each(refused_by_show, "base", cases_config.CASES, self.scratch()))

    def test_tokenizers_that_do_not_load(self):
        self.check(each(refused_by_show, "base", cases_tokenizer.LOADED, self.scratch()))

    def test_tokenizers_that_refuse_a_text(self):
        self.check(each(refused_by_tokenize, "base", cases_tokenizer.ENCODED, self.scratch()))

    def test_templates(self):
        self.check(templates(cases_template.CASES, self.scratch()))

    @unittest.skipIf("--sanitized" in sys.argv, "a sanitizer's allocator ends a process that asks for too much")
    def test_templates_that_take_all_memory(self):
        self.check(templates(cases_template.GREEDY, self.scratch()))

    def test_submissions(self):
        self.check(submissions(self.scratch()))


def print_got():
    got = {}
    Malformed.check = lambda _, results: got.update({name: pair[1] for name, pair in results.items()})
    unittest.main(argv=sys.argv[:1], exit=False, verbosity=0)
    print(json.dumps(got, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    print_got() if "--got" in sys.argv else unittest.main(argv=sys.argv[:1])
