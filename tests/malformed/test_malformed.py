#!/usr/bin/env python3
"""Broken models, tokenizers, adapters and templates each get their sentence: test_malformed.py GOD DEMO_FOLDER [--got]

The cases are in cases_*.py: what is changed of the demo's models, and the sentence that is expected. With --got the
sentences of this build are printed as one JSON object, to compare after wording has changed.
"""

import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import unittest

import cases_config
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


def show(source, cases, directory):
    """{case: (expected, got)}"""
    names = [name for name, _, _ in cases]
    assert len(names) == len(set(names)), f"a name is there twice: {names}"
    made = [make(source, changes, os.path.join(directory, name)) for name, changes, _ in cases]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return {name: (expected, got) for (name, _, expected), got in zip(cases, pool.map(refused_by_show, made))}


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
        self.check(show("base", cases_weights.SINGLE, self.scratch()))

    def test_weights_in_shards(self):
        self.check(show("copy", cases_weights.SHARDED, self.scratch()))

    def test_config(self):
        self.check(show("base", cases_config.CASES, self.scratch()))


def print_got():
    got = {}
    Malformed.check = lambda _, results: got.update({name: pair[1] for name, pair in results.items()})
    unittest.main(argv=sys.argv[:1], exit=False, verbosity=0)
    print(json.dumps(got, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    print_got() if "--got" in sys.argv else unittest.main(argv=sys.argv[:1])
