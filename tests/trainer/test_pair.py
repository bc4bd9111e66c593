#!/usr/bin/env python3
"""Our own validator and our own trainer, which asks for signatures: the validator's jobs start and watch a
training, and have a model prepared.

usage: test_pair.py GOD HUB          77: skipped, and why
"""
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import time
import urllib.request

from trainer import Trainer, missing

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE.parent / "integration/api"), str(HERE.parent / "entry")]
from host import KEY, Host
from parties import ALICE, ALICE_SEED

GOD, HUB = sys.argv[1:3]
ADDRESS = "127.0.0.81"  # where the trainer listens; validators ask at port 8001


def add_job(host, kind, key, payload):
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
    db = sqlite3.connect(host.store, timeout=30)
    db.execute("INSERT INTO jobs (kind, key, payload, not_before, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
               (kind, f"{kind}/{key}", json.dumps(payload), now, now, now))
    db.commit()
    db.close()


def result_of(host, kind, key):
    for _ in range(600):
        done = subprocess.run([host.god, "job", "show", f"{kind}/{key}", "--json", "--config", host.config], check=True,
                              stdout=subprocess.PIPE, text=True)
        job = json.loads(done.stdout)
        if job["state"] not in ("queued", "running"):
            assert job["state"] == "done", job
            return job["result"]
        time.sleep(0.1)
    raise SystemExit(f"{kind} does not end: {job}\n" + "".join(host.lines))


def execute(host, kind, key, payload):
    """Adds a job while no host runs (nobody would wake one that does), and lets a host execute it."""
    add_job(host, kind, key, payload)
    with Running(host):
        return result_of(host, kind, key)


class Running:
    def __init__(self, host):
        self.host = host

    def __enter__(self):
        self.host._start()

    def __exit__(self, *_):
        assert self.host.stop() == 0
        assert not self.host.errors(), self.host.errors()


def started(host, trainer, hotkey, devices):
    payload = trainer.request("t", hotkey, devices, dataset=f"file://{trainer.rows}")
    payload |= {"trainer_ip": ADDRESS, "task_type": "InstructTextTask"}
    return execute(host, "start_training", f"t/{hotkey}/1", payload)


def add_trainer(host):
    path = f"/v1/tournament_orchestrator/add_trainer?trainer_ip={ADDRESS}"
    with Running(host):
        request = urllib.request.Request(host.url + path, method="POST", headers={"Authorization": "Bearer " + KEY})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert json.load(answer) == "Trainer added successfully"


def check(host, trainer):
    add_trainer(host)
    assert started(host, trainer, "hk", [0])["outcome"] == "accepted"
    busy = started(host, trainer, "hk-2", [0])
    assert busy["outcome"] == "failed" and "GPU conflict detected." in busy["message"], busy
    gpus = execute(host, "refresh_gpus", "1", {"trainers": [ADDRESS]})["trainers"][0]["gpus"]
    assert [(g["gpu_id"], g["available"]) for g in gpus] == [(0, False), (2, True)], gpus
    job = trainer.job_of("t")
    while not (job / "checkpoints").exists():
        time.sleep(0.05)
    trainer.let_go(job)
    while not (job / "end.json").exists():
        time.sleep(0.05)
    watched = execute(host, "watch_training", "t/hk/1", {"task_id": "t", "hotkey": "hk", "trainer_ip": ADDRESS,
                                                         "until": "2099-01-01T00:00:00Z"})
    assert watched["status"] == "success", watched
    assert (job / "checkpoints/t/repo-t/adapter_config.json").exists()
    status, answer = trainer.ask("GET", "/v1/trainer/get_gpu_availability")
    assert status == 422 and answer == {"detail": "missing header validator-hotkey"}, answer


def has_job(trainer, task):
    return any(json.loads(path.read_text())["record"].get("task_id") == task
               for path in (trainer.state / "trainer/records").glob("*.json"))


def check_prep(host, trainer):
    """The trainer prepares a model; killed in between, the validator finds it there again."""
    payload = {"task_id": "t-prep", "task_type": "InstructTextTask", "model_id": "test/plain", "details": {},
               "training_data_url": f"file://{trainer.rows}", "starting_models": {}, "trainer_ip": ADDRESS, "gpu_ids": [2]}
    add_job(host, "prepare_model", "t-prep/1", payload)
    host._start()
    while not has_job(trainer, "t-prep"):
        time.sleep(0.05)
    host.process.kill()
    host.process.wait()
    host.reader.join()
    job = trainer.job_of("t-prep")
    while not (job / "checkpoints").exists():
        time.sleep(0.05)
    trainer.let_go(job)
    with Running(host):
        result = result_of(host, "prepare_model", "t-prep/1")
    assert result == {"augmented_model_id": None, "nodes": {},
                      "baseline_stats": {"task_type": "instruct", "loss": 1.5}}, result
    assert len(list((trainer.state / "trainer/records").glob("*.json"))) == 2, "it was prepared twice"


def main():
    why = missing()
    if why:
        print("skipped:", why)
        return 77
    hub = subprocess.Popen([sys.executable, HUB], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = hub.stdout.readline().split()[0]
    wallet = "identity: {wallet_path: wallet}\n"
    host = Host(GOD, settings=wallet)
    with open(os.open(os.path.join(host.folder.name, "wallet"), os.O_CREAT | os.O_WRONLY, 0o600), "w") as out:
        json.dump({"secretSeed": ALICE_SEED, "ss58Address": ALICE}, out)
    with Trainer(GOD, f"http://127.0.0.1:{port}", listen=f"{ADDRESS}:8001",
                 signature=f"validators: [{ALICE}]") as trainer:
        trainer.rows = trainer.top / "rows.json"
        trainer.rows.write_text(json.dumps([{"q": "what?", "a": "that"}]))
        check(host, trainer)
        check_prep(host, trainer)
        assert trainer.end() == 0
    host.folder.cleanup()
    hub.stdin.close()
    hub.wait()
    print("pair: our validator and our trainer understand each other, signed")
    return 0


sys.exit(main())
