#!/usr/bin/env python3
"""Asks `god task args` for every request of vectors.json and compares what it shows with the specification's vectors.

    check_args.py GOD vectors.json
"""

import json
import os
import subprocess
import sys
import tempfile


# A mistake in what all kinds share is refused; it must not make the request one of another kind.
REFUSED = [({"use_kl": True}, "kl_coef"), ({"use_kl": "yes"}, "use_kl"), ({"kl_coef": "x", "use_kl": True}, "kl_coef"),
           ({"file_format": "xml"}, "file_format"), ({"file_format": None}, "file_format"), ({"dataset": ""}, "dataset"),
           ({"dataset_type": []}, "dataset_type"), ({"task_id": "a/b"}, "task_id"), ({"model": ""}, "model"),
           ({"expected_repo_name": None}, "expected_repo_name"), ({"hours_to_complete": -1}, "hours_to_complete")]


def accepted_mistakes(god, request, work):
    for change, word in REFUSED:
        case = {"request": {**request, "training_data": {**request["training_data"], **change}}}
        _, error = show(god, case, work)
        if error is None or not error.startswith("exit status 2: god task: ") or f'"{word}"' not in error:
            yield f"{json.dumps(change)}: {error}"


def show(god, case, work):
    path = os.path.join(work, "request.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(case["request"], file)
    command = [god, "task", "args", path, "--json"]
    if "sidecar_urls" in case:
        command += ["--sidecar-urls", case["sidecar_urls"]]
    if case["request"]["training_data"].get("baseline_stats") is not None:
        command += ["--stats", os.path.join(work, "cache")]
    environment = {"PATH": os.environ["PATH"], "HOME": work, "MODEL_HASH_SALT": case.get("salt", "")}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
        if name in os.environ:
            environment[name] = os.environ[name]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=work,
                         check=False)
    if run.returncode != 0:
        return None, f"exit status {run.returncode}: {run.stderr.strip()}"
    return json.loads(run.stdout), None


def value_of(argv, flag):
    return argv[argv.index(flag) + 1] if flag in argv else None


def problems_of(case, shown, work):
    for name, wanted in case["expect"].items():
        if shown.get(name, "(absent)") != wanted:
            yield f"{name}: {json.dumps(shown.get(name))}, wanted {json.dumps(wanted)}"
    for flag, wanted in case.get("arguments", {}).items():
        if value_of(shown["argv"], flag) != wanted:
            yield f"{flag}: {value_of(shown['argv'], flag)!r}, wanted {wanted!r}"
    for flag in case.get("absent_arguments", []):
        if flag in shown["argv"]:
            yield f"{flag} is there"
    for group in ("labels", "uploader"):
        where = {"labels": "labels", "uploader": "uploader_environment"}[group]
        for name, wanted in case.get(group, {}).items():
            if shown[where].get(name) != wanted:
                yield f"{group} {name}: {shown[where].get(name)!r}, wanted {wanted!r}"
    for name, wanted in case.get("variables", {}).items():
        if shown["environment"].get(name) != wanted:
            yield f"{name}: {shown['environment'].get(name)!r}, wanted {wanted!r}"
    for name, wanted in case.get("host_config", {}).items():
        config = {**shown["host_config"], **shown["host_config"]["DeviceRequests"][0]}
        if config.get(name) != wanted:
            yield f"{name}: {config.get(name)!r}, wanted {wanted!r}"
    for name in case.get("downloader_variables", []):
        if name not in shown["downloader_environment"]:
            yield f"the downloader gets no {name}"
    if "extra_file" in case and not any(item.endswith(" " + case["extra_file"]) for item in shown["extra_files"]):
        yield f"{case['extra_file']} is not fetched"
    stats = case["request"]["training_data"].get("baseline_stats")
    if stats is not None:
        name = os.path.basename(shown["environment"]["BASELINE_STATS_PATH"])
        with open(os.path.join(work, "cache", name), encoding="utf-8") as file:
            text = file.read()
        if text != json.dumps(stats):
            yield f"{name} holds {text!r}"
    if case.get("salt") and case["salt"] in json.dumps(shown):
        yield "the salt is shown"


def main():
    god, vectors = os.path.abspath(sys.argv[1]), sys.argv[2]
    with open(vectors, encoding="utf-8") as file:
        cases = json.load(file)["requests"]
    failed, seen = 0, set()
    with tempfile.TemporaryDirectory() as work:
        for number, case in enumerate(cases):
            shown, error = show(god, case, work)
            problems = [error] if shown is None else list(problems_of(case, shown, work))
            for problem in problems:
                print(f"{case['id']} (request {number}): {problem}")
            failed += bool(problems)
            seen.add(case["id"])
        for problem in accepted_mistakes(god, cases[0]["request"], work):
            print(f"not refused as it should be: {problem}")
            failed += 1
    print(f"{len(cases)} requests of {len(seen)} test vectors, {failed} differ")
    if failed or len(cases) < 50:
        sys.exit(1)


if __name__ == "__main__":
    main()
