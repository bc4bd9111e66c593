#!/usr/bin/env python3
"""Model preparations of a host, on a trainer of this test's own, which may be slow, fail, break off and be found again;
and the base of a model, read from a hub.

usage: test_prepare_model.py GOD HUB.PY
"""
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE.parent / "integration/api"), str(HERE.parent / "entry")]
from host import Host
from jobs import add, await_end, god_job, result_of, show
from parties import Party, as_json

TRAINER = "127.0.0.84"
STATS = {"task_type": "instruct", "dataset": {"near_duplicate_rate": 0.25}}
SETTINGS = ("tournament: {prep_environments: {intercode: {env_image: registry.example.org/env, task_id_min: 0,"
            " task_id_max: 9}}}\n")


class Trainer:
    """Remembers what it was asked to prepare; `plan` says how each task goes."""

    def __init__(self, address=TRAINER):
        self.lock, self.go = threading.Lock(), threading.Event()
        self.posts, self.records, self.plan = [], {}, {}
        self.begun = threading.Event()
        self.party = Party(address, self.answer, 8001)

    def answer(self, request, body):
        address = urllib.parse.urlsplit(request.path)
        if body is None:
            hotkey = urllib.parse.parse_qs(address.query).get("hotkey", [None])[0]
            with self.lock:
                record = self.records.get((address.path.rsplit("/", 1)[1], hotkey))
            return as_json({"detail": "not found"}, 404) if record is None else as_json(record)
        assert address.path == "/v1/trainer/model_prep", address
        asked = json.loads(body)
        key = (asked["task_id"], asked.get("hotkey"))
        with self.lock:
            self.posts.append(asked)
            self.records[key] = {"status": "training", "logs": [], "result": None}
        self.begun.set()
        return getattr(self, self.plan.get(key, "well"))(key)

    def end(self, key, record):
        with self.lock:
            self.records[key] = record

    def well(self, key):
        answer = {"augmented_model_id": None, "baseline_stats": dict(STATS, model=key[1] or "base")}
        self.end(key, {"status": "success", "logs": [], "result": answer})
        return as_json(answer)

    def slow(self, key):
        self.go.wait(60)
        return self.well(key)

    def broken(self, key):
        """It goes on, but the answer gets lost."""
        threading.Timer(0.2, self.well, [key]).start()
        return as_json({}, 504)

    def fails(self, key):
        self.end(key, {"status": "failure", "logs": ["RuntimeError: no such model"], "result": None})
        return as_json({"detail": "RuntimeError: no such model"}, 500)

    def broken_and_fails(self, key):
        self.fails(key)
        return as_json({}, 504)

    def busy(self, _key):
        return as_json({"detail": "GPU conflict detected. GPUs already in use: 0"}, 409)

    def rubbish(self, _key):
        return as_json({"augmented_model_id": None, "baseline_stats": {"task_type": "cooking"}})


def payload(task, **more):
    return {"task_id": task, "task_type": "InstructTextTask", "model_id": "demo/base", "training_data_url": "https://x/y",
            "details": {}, "starting_models": {}, "trainer_ip": TRAINER, "gpu_ids": [0, 3]} | more


def reason_of(host, key):
    """Why a job failed."""
    job = await_end(host, key)
    assert job["state"] == "failed", job
    return job["message"]


def check_success(host, trainer):
    details = {"environment_names": ["gin_rummy", "intercode"], "fields": {"reward_functions": [{"reward_func": "x"}]}}
    add(host, "prepare_model", "t/1", payload("t", details=details, starting_models={"hk": "demo/own", "hk-2": "demo/bad"}))
    trainer.plan[("t", "hk-2")] = "fails"
    result = result_of(host, "prepare_model/t/1")
    assert result["augmented_model_id"] is None and result["baseline_stats"] == dict(STATS, model="base"), result
    assert result["nodes"] == {"hk": dict(STATS, model="hk")}, result
    first, second, third = trainer.posts
    assert first == {"task_id": "t", "task_type": "InstructTextTask", "model_id": "demo/base", "hotkey": None,
                     "training_data_url": "https://x/y", "gpu_ids": [0, 3], "reward_functions": [{"reward_func": "x"}],
                     "env_configs": {"intercode": {"env_image": "registry.example.org/env", "task_id_min": 0,
                                                   "task_id_max": 9}}}, first
    assert (second["hotkey"], second["model_id"], third["hotkey"]) == ("hk", "demo/own", "hk-2"), trainer.posts
    add(host, "prepare_model", "t/2", payload("t"))  # asked for again: what is there is taken
    assert result_of(host, "prepare_model/t/2")["baseline_stats"] == dict(STATS, model="base")
    assert len(trainer.posts) == 3, trainer.posts
    trainer.plan[("t-lost", None)] = "broken"
    add(host, "prepare_model", "t-lost/1", payload("t-lost"))
    assert result_of(host, "prepare_model/t-lost/1")["baseline_stats"]["model"] == "base"
    assert len(trainer.posts) == 4, trainer.posts


def check_elsewhere(host, trainer):
    """What another trainer has done already is taken from there."""
    other = Trainer("127.0.0.87")
    answer = {"augmented_model_id": "demo/changed", "baseline_stats": None}
    other.end(("t-other", None), {"status": "success", "logs": [], "result": answer})
    posts = len(trainer.posts)
    add(host, "prepare_model", "t-other/1", payload("t-other", trainers=["127.0.0.88", TRAINER, "127.0.0.87"]))
    assert result_of(host, "prepare_model/t-other/1") == answer | {"nodes": {}}
    assert len(trainer.posts) == posts and other.posts == [], (trainer.posts, other.posts)


def check_failures(host, trainer):
    cases = {"fails": f"the trainer {TRAINER} refuses the model preparation: RuntimeError: no such model",
             "broken_and_fails": f"the model preparation failed on the trainer {TRAINER}: RuntimeError: no such model",
             "rubbish": "cooking"}
    for how in cases:
        trainer.plan[(how, None)] = how
        add(host, "prepare_model", f"{how}/1", payload(how))
    for how, reason in cases.items():
        assert reason in reason_of(host, f"prepare_model/{how}/1"), show(host, f"prepare_model/{how}/1")
    trainer.plan[("busy", None)] = "busy"
    add(host, "prepare_model", "busy/1", payload("busy"), attempts=1)
    assert "GPU conflict detected." in reason_of(host, "prepare_model/busy/1")
    add(host, "prepare_model", "dead/1", payload("dead", trainer_ip="127.0.0.85"), attempts=1)
    assert reason_of(host, "prepare_model/dead/1") == ("the trainer 127.0.0.85 does not answer: nobody answers at "
                                                  "127.0.0.85:8001")
    add(host, "prepare_model", "odd/1", payload("odd", trainer_ip="a/b"), attempts=1)
    assert "no host name" in reason_of(host, "prepare_model/odd/1")


def check_kill(host, trainer):
    """Killed while the trainer is at it: the next start finds it there and asks for nothing twice."""
    trainer.plan[("t-slow", None)] = "slow"
    trainer.begun.clear()
    add(host, "prepare_model", "t-slow/1", payload("t-slow"))
    assert trainer.begun.wait(60)
    posts = len(trainer.posts)
    host.process.send_signal(signal.SIGKILL)
    host.process.wait()
    host.reader.join()
    host._start()
    assert show(host, "prepare_model/t-slow/1")["state"] in ("queued", "running")
    trainer.go.set()
    assert result_of(host, "prepare_model/t-slow/1")["baseline_stats"]["model"] == "base"
    assert len(trainer.posts) == posts, trainer.posts


def check_cancel(host, trainer):
    """A job that is cancelled lets go of its thread; one that is under way when the host stops is given back."""
    trainer.go.clear()
    for task in ("t-cancel", "t-stop"):
        trainer.plan[(task, None)] = "slow"
        trainer.begun.clear()
        add(host, "prepare_model", f"{task}/1", payload(task))
        assert trainer.begun.wait(60)
    assert god_job(host, "cancel", "prepare_model/t-cancel/1")[0] == 0
    assert show(host, "prepare_model/t-cancel/1")["state"] == "cancelled"
    assert host.stop() == 0, "".join(host.lines)
    db = sqlite3.connect(host.store)
    row = db.execute("SELECT state, attempts FROM jobs WHERE key = 'prepare_model/t-stop/1'").fetchone()
    db.close()
    assert row == ("queued", 0), row
    trainer.go.set()


# ---- the base of a model ----

def repository(root, name, **files):
    folder = os.path.join(root, name)
    os.mkdir(folder)
    for file, text in files.items():
        with open(os.path.join(folder, file.replace("_dot_", ".")), "w") as out:
            out.write(text)
    return f"demo/{name}={folder}"


def repositories(root):
    return [repository(root, "adapter", adapter_config_dot_json='{"base_model_name_or_path": "Qwen/Qwen2.5-3B"}'),
            repository(root, "card", README_dot_md="---\ntags: [x]\nbase_model:\n  - \"org/one\"\n  - org/two\n---\nbase_model: no\n"),
            repository(root, "line", README_dot_md="---\nbase_model: org/three\n---\n", adapter_config_dot_json="{}"),
            repository(root, "silent", README_dot_md="base_model: org/four\n"),
            repository(root, "local", adapter_config_dot_json='{"base_model_name_or_path": "/cache/models/73094ffe31628095"}'),
            repository(root, "broken", adapter_config_dot_json="{")]


def check_bases(host):
    expected = {"adapter": "Qwen/Qwen2.5-3B", "card": "org/one", "line": "org/three", "silent": None, "local": None}
    for name in expected:
        add(host, "read_model_base", name, {"repo": f"demo/{name}"})
    add(host, "read_model_base", "broken", {"repo": "demo/broken"})
    add(host, "read_model_base", "none", {"repo": "../etc"})
    add(host, "read_model_base", "gone", {"repo": "demo/gone"}, attempts=1)
    for name, base in expected.items():
        assert result_of(host, f"read_model_base/{name}") == {"model_base": base}, name
    assert "adapter_config.json" in reason_of(host, "read_model_base/broken")
    assert reason_of(host, "read_model_base/none") == '"../etc" is no name of a model on the hub'
    assert "demo/gone" in reason_of(host, "read_model_base/gone")


def main():
    god, hub = sys.argv[1:]
    with tempfile.TemporaryDirectory() as work:
        log = os.path.join(work, "hub.log")
        arguments = [argument for folder in repositories(work) for argument in ("--folder", folder)]
        with subprocess.Popen([sys.executable, hub, "--log", log, *arguments], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as server:
            port = server.stdout.readline().split()[0]
            host = Host(god, None, None, f"hub: {{endpoint: \"http://127.0.0.1:{port}\"}}\n" + SETTINGS)
            host.run_once()  # makes the schema
            trainer = Trainer()
            try:
                with host:
                    check_bases(host)
                    check_success(host, trainer)
                    check_elsewhere(host, trainer)
                    check_failures(host, trainer)
                    check_kill(host, trainer)
                    check_cancel(host, trainer)
            finally:
                server.stdin.close()
    print("model preparations and bases: fine")


main()
