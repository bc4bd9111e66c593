#!/usr/bin/env python3
"""Runs the conformance suite on a plug-in and fails when a check does, or when too few could be made.

    check_plugin.py GOD PLUGIN --task FILE [--data FILE --rows N] [--base DIR] [--submission NAME=DIR ...] --passed N

The task gets a hotkey, which tasks of the training side have and those of an evaluation need not; the data is cut to
its first N lines, because what is checked does not depend on how many there are.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("god")
    parser.add_argument("plugin")
    parser.add_argument("--task", required=True)
    parser.add_argument("--data")
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--base")
    parser.add_argument("--submission", action="append", default=[])
    parser.add_argument("--passed", type=int, required=True)
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as work:
        with open(arguments.task, encoding="utf-8") as file:
            task = json.load(file)
        task.setdefault("hotkey", "5F3sa2TJAWMqDhXG6jhV4N8ko9SxwGy8TpaNS1repo5EYjQX")
        task_path = os.path.join(work, "task.json")
        with open(task_path, "w", encoding="utf-8") as file:
            json.dump(task, file)
        command = [arguments.god, "plugin", "check", arguments.plugin, "--json", "--task", task_path]
        if arguments.data:
            data_path = os.path.join(work, os.path.basename(arguments.data))
            with open(arguments.data, encoding="utf-8") as whole, open(data_path, "w", encoding="utf-8") as part:
                part.writelines(line for _, line in zip(range(arguments.rows), whole))
            command += ["--data", data_path]
        if arguments.base:
            command += ["--base", arguments.base]
        for submission in arguments.submission:
            command += ["--submission", submission]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)

    if run.returncode not in (0, 1):
        sys.exit(f"god plugin check ends with exit status {run.returncode}")
    report = json.loads(run.stdout)
    for check in report["checks"]:
        print(f"{check['verdict']:4}  {check['id']:17} {check['message']}")
    if report["failed"] != 0 or run.returncode != 0:
        sys.exit(f"{report['failed']} checks failed")
    if report["passed"] < arguments.passed:
        sys.exit(f"{report['passed']} checks passed, {arguments.passed} should have been made")


if __name__ == "__main__":
    main()
