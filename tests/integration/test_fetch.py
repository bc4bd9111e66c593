#!/usr/bin/env python3
"""god evaluate and god cache with a hub of our own (tests/hub/hub.py).

    test_fetch.py GOD HUB.PY DEMO

The base model and a submission come from the hub, because the task and the command line say so; the result is that of
the same folders given by path. The second run fetches nothing. Then the cache is listed, damaged, checked and pruned,
and a result is uploaded.
"""

import json
import os
import subprocess
import sys
import tempfile


def run(god, arguments, environment, work, wanted=0):
    done = subprocess.run([god, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=work,
                          env=environment, check=False)
    if done.returncode != wanted:
        sys.exit(f"god {' '.join(arguments)} ends with {done.returncode}, not {wanted}: {done.stderr}")
    if "hf_secret" in done.stdout + done.stderr:
        sys.exit("the token is shown")
    return done


def losses(text):
    return {entry["name"]: entry["eval_loss"] for entry in json.loads(text)["results"]}


def expect(condition, sentence):
    if not condition:
        sys.exit(sentence)


def requests_of(log):
    with open(log, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def evaluate(god, demo, environment, work, log):
    common = ["evaluate", "--task", f"{demo}/task.json", "--json", "--quiet", "--config", "god.yaml"]
    rows = os.path.join(work, "rows.jsonl")
    with open(f"{demo}/rows.jsonl", encoding="utf-8") as whole, open(rows, "w", encoding="utf-8") as part:
        part.writelines(line for _, line in zip(range(4), whole))
    by_path = run(god, [*common, "--data", rows, "--base", f"{demo}/models/base", "--submission",
                        f"full={demo}/models/full"], environment, work)
    from_hub = [*common, "--data", rows, "--submission", "full=hf://demo/full"]
    fetched = run(god, from_hub, environment, work)
    expect(losses(by_path.stdout) == losses(fetched.stdout), "models from the hub give other scores")
    before = len([entry for entry in requests_of(log) if "/resolve/" in entry.get("path", "")])
    run(god, from_hub, environment, work)
    after = len([entry for entry in requests_of(log) if "/resolve/" in entry.get("path", "")])
    expect(before > 0 and before == after, f"{after - before} files were fetched a second time")
    missing = run(god, [*common, "--data", rows, "--submission", "none=hf://demo/nobody"], environment, work, wanted=1)
    expect("the hub has no model" in missing.stdout, "a submission that is not on the hub has no sentence")
    run(god, [*common, "--submission", "full=hf://demo/full"], environment, work, wanted=2)


def look_after_cache(god, environment, work):
    listed = json.loads(run(god, ["cache", "list", "--json", "--config", "god.yaml"], environment, work).stdout)
    sources = sorted(entry["source"].split("@")[0] for entry in listed["entries"] if entry["owner"] == "hub")
    expect(sources == ["hf://demo/base", "hf://demo/full"], f"the cache holds {sources}")
    victim = next(entry for entry in listed["entries"] if entry["source"].startswith("hf://demo/full"))
    run(god, ["cache", "verify", "--config", "god.yaml"], environment, work)
    folder = os.path.join(listed["cache_dir"], "prepared", victim["owner"], victim["key"])
    with open(os.path.join(folder, "config.json"), "ab") as file:
        file.write(b" ")
    found = run(god, ["cache", "verify", "--remove", "--json", "--quiet", "--config", "god.yaml"], environment, work, 1)
    damaged = json.loads(found.stdout)["damaged"]
    expect([entry["key"] for entry in damaged] == [victim["key"]] and damaged[0]["removed"], "damage is not found")
    expect(not os.path.exists(folder), "what is damaged is still there")
    run(god, ["cache", "prune", "--all", "--json", "--config", "god.yaml"], environment, work)
    empty = json.loads(run(god, ["cache", "list", "--json", "--config", "god.yaml"], environment, work).stdout)
    expect(empty["entries"] == [] and empty["bytes"] == 0, "pruning leaves entries")


def upload(god, demo, environment, work, log):
    result = os.path.join(work, "result")
    subprocess.run(["cp", "-r", f"{demo}/models/lora_r8", result], check=True)
    with open(os.path.join(result, "optimizer.pt"), "wb") as file:
        file.write(b"x" * 2000)
    command = ["task", "upload", result, "--repository", "made/result", "--task-id", "t1", "--base-model", "demo/adapter",
               "--json", "--config", "god.yaml"]
    run(god, command, {**environment, "HUGGINGFACE_TOKEN": ""}, work, wanted=2)
    answer = json.loads(run(god, command, environment, work).stdout)
    expect(len(answer["commit"]) == 40, f"the upload gives the commit {answer['commit']!r}")
    commit = [entry for entry in requests_of(log) if entry.get("name") == "made/result"][-1]
    expect(commit["commit"] == "Upload task output t1" and "optimizer.pt" not in commit["files"], "the wrong files went")
    with open(os.path.join(result, "adapter_config.json"), encoding="utf-8") as file:
        # demo/adapter is an adapter itself: what it stands on is written down
        expect(json.load(file)["base_model_name_or_path"] == "demo/base", "the base model is not named")


def main():
    god, hub, demo = (os.path.abspath(path) for path in sys.argv[1:4])
    with tempfile.TemporaryDirectory() as work:
        log = os.path.join(work, "hub.log")
        adapter = os.path.join(work, "adapter")
        os.mkdir(adapter)
        with open(os.path.join(adapter, "adapter_config.json"), "w", encoding="utf-8") as file:
            json.dump({"base_model_name_or_path": "demo/base"}, file)
        folders = {"demo/base": f"{demo}/models/base", "demo/full": f"{demo}/models/full", "demo/adapter": adapter}
        arguments = [argument for name, path in folders.items() for argument in ("--folder", f"{name}={path}")]
        with subprocess.Popen([sys.executable, hub, "--log", log, *arguments], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as server:
            port = server.stdout.readline().split()[0]
            with open(os.path.join(work, "god.yaml"), "w", encoding="utf-8") as file:
                file.write(f"hub: {{endpoint: \"http://127.0.0.1:{port}\"}}\n"
                           "paths: {cache_dir: cache, state_dir: state}\n")
            environment = {"PATH": os.environ["PATH"], "HOME": work, "HUGGINGFACE_TOKEN": "hf_secret"}
            environment.update({name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ})
            try:
                evaluate(god, demo, environment, work, log)
                look_after_cache(god, environment, work)
                upload(god, demo, environment, work, log)
            finally:
                server.stdin.close()
    print("models and results went to the hub and back")


if __name__ == "__main__":
    main()
