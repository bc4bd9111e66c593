#!/usr/bin/env python3
"""Evaluations of a host whose models are on a hub: fetched in the background, through the cache, once.

usage: test_evaluate_from_hub.py GOD HUB.PY PLUGIN      the plug-in's score of a model is what its score.txt says
"""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration", "api"))
from host import Host
from jobs import add, await_end, result_of


def model(root, name, score):
    folder = os.path.join(root, name)
    os.mkdir(folder)
    for file, text in {"config.json": "{}\n", "score.txt": f"{score}\n"}.items():
        with open(os.path.join(folder, file), "w") as out:
            out.write(text)
    return f"demo/{name}={folder}"


def evaluation(rows, names, base="demo/base"):
    return {"task_id": "t", "task_type": "FaultTask", "model_id": base, "test_data": "file://" + rows, "details": {},
            "submissions": [{"hotkey": f"hk-{name}", "repo": f"demo/{name}"} for name in names]}


def downloads(log):
    with open(log) as file:
        return len([line for line in file if "/resolve/" in json.loads(line).get("path", "")])


def check(host, rows, log):
    add(host, "evaluate", "t/1", evaluation(rows, ["one", "two", "nobody"]))
    scores = result_of(host, "evaluate/t/1")["scores"]
    assert {name: entry["status"] for name, entry in scores.items()} == {
        "hk-one": "ok", "hk-two": "ok", "hk-nobody": "failed"}, scores
    assert (scores["hk-one"]["test_loss"], scores["hk-two"]["test_loss"]) == (2.5, 3.5), scores
    assert scores["hk-nobody"]["message"] == "there is no such model", scores
    before = downloads(log)
    add(host, "evaluate", "t/2", evaluation(rows, ["two"]))
    assert result_of(host, "evaluate/t/2")["scores"]["hk-two"]["test_loss"] == 3.5
    assert before > 0 and downloads(log) == before, "what is in the cache was fetched again"
    add(host, "evaluate", "t/3", evaluation(rows, ["nobody"]))
    assert result_of(host, "evaluate/t/3")["scores"]["hk-nobody"]["status"] == "failed"
    add(host, "evaluate", "t/4", evaluation(rows, ["one"], "../demo/base"))
    assert await_end(host, "evaluate/t/4")["state"] == "failed"


def main():
    god, hub, plugin = sys.argv[1:]
    with tempfile.TemporaryDirectory() as work:
        log, rows = os.path.join(work, "hub.log"), os.path.join(work, "rows.json")
        with open(rows, "w") as out:
            out.write("[]\n")
        folders = [model(work, name, score) for name, score in (("base", 1), ("one", 2.5), ("two", 3.5))]
        arguments = [argument for folder in folders for argument in ("--folder", folder)]
        with subprocess.Popen([sys.executable, hub, "--log", log, *arguments], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as server:
            port = server.stdout.readline().split()[0]
            host = Host(god, None, None, f"hub: {{endpoint: \"http://127.0.0.1:{port}\"}}\nplugins: {{files: [{plugin}]}}\n"
                                         "worker: {threads: 1}\n")
            host.run_once()  # makes the schema
            try:
                with host:
                    check(host, rows, log)
                    assert host.stop() == 0, "".join(host.lines)
            finally:
                server.stdin.close()
    print("evaluations of models on a hub: fine")


main()
