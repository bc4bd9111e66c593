#!/usr/bin/env python3
"""Evaluations of a host whose models are on a hub: fetched in the background, through the cache, once.

usage: test_evaluate_from_hub.py GOD HUB.PY PLUGIN      the plug-in's score of a model is what its score.txt says
"""
import json
import os
import subprocess
import sys
import tempfile

for folder in ("integration/api", "entry"):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", folder))
from host import Host
from jobs import add, await_end, result_of
from parties import Party


def model(root, name, score):
    folder = os.path.join(root, name)
    os.mkdir(folder)
    for file, text in {"config.json": "{}\n", "score.txt": f"{score}\n"}.items():
        with open(os.path.join(folder, file), "w") as out:
            out.write(text)
    return f"demo/{name}={folder}"


def evaluation(rows, names, base="demo/base"):
    data = rows if "://" in rows else "file://" + rows
    return {"task_id": "t", "task_type": "FaultTask", "model_id": base, "test_data": data, "details": {},
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


def check_signed(host, name):
    """Test data at a signed address, as tasks of this host have it: fetched once."""
    asked = []

    def answer(request, _body):
        asked.append(request.path)
        return 200, b"[]\n", {}

    party = Party("127.0.0.1", answer)
    url = f"http://127.0.0.1:{party.port}/bkt/0123_test_data.json?X-Amz-Signature=secret-of-{name}"
    for i in range(2):
        add(host, "evaluate", f"{name}/{i}", evaluation(url, ["one"]))
        assert result_of(host, f"evaluate/{name}/{i}")["scores"]["hk-one"]["status"] == "ok"
    assert len(asked) == 1, asked
    party.answer = lambda _request, _body: (403, b"", {})
    add(host, "evaluate", f"{name}/gone", evaluation(url + "x", ["one"]), attempts=1)
    job = await_end(host, f"evaluate/{name}/gone")
    assert job["state"] == "failed" and "secret-of" not in job["message"], job


def check_folder(god, work, plugin):
    """Models in a folder, test data at a signed address."""
    for name, score in (("base", 1), ("one", 2.5)):
        os.makedirs(os.path.join(work, "models/demo"), exist_ok=True)
        model(os.path.join(work, "models/demo"), name, score)
    host = Host(god, None, None, f"tournament: {{models_dir: {work}/models}}\nplugins: {{files: [{plugin}]}}\n"
                                 "worker: {threads: 1}\n")
    host.run_once()
    with host:
        check_signed(host, "folder")
        assert host.stop() == 0, "".join(host.lines)


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
                    check_signed(host, "hub")
                    assert host.stop() == 0, "".join(host.lines)
            finally:
                server.stdin.close()
        check_folder(god, work, plugin)
    print("evaluations of models on a hub: fine")


main()
