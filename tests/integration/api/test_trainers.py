#!/usr/bin/env python3
"""The jobs that talk to trainers, against trainers of this test's own.

usage: test_trainers.py GOD
"""
import http.server
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from host import Host

HERE, SILENT = "127.0.0.78", "127.0.0.79"  # a trainer, and an address where nobody listens
GPUS = [{"gpu_id": 0, "gpu_type": "H100", "vram_gb": 80, "available": True}]
WORDS = {"t-ok": "success", "t-bad": "failure", "t-late": "training"}


class Trainer(http.server.BaseHTTPRequestHandler):
    started = []

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        task = self.path.split("/")[3].split("?")[0]
        if task == "get_gpu_availability":
            self.answer(200, GPUS)
        elif task in WORDS and self.path.endswith("?hotkey=hk"):
            self.answer(200, {"task_id": task, "status": WORDS[task]})
        else:
            self.answer(404, {"detail": "no such task"})

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.started.append(request)
        if request["hotkey"] == "hk-clone":
            self.answer(200, {"message": "Error cloning github repository", "success": False, "no_retry": True})
        elif request["hotkey"] == "hk-busy":
            self.answer(409, {"detail": "GPU conflict detected."})
        else:
            self.answer(200, {"message": "Started Training!", "task_id": "t"})

    def log_message(self, *_):
        pass


def start(hotkey, trainer):
    return "start_training", f"start_training/t/{hotkey}/1", {
        "training_data": {"model": "m", "task_id": "t"}, "github_repo": "https://github.com/a/b", "gpu_ids": [0],
        "hotkey": hotkey, "github_commit_hash": "0" * 40, "github_token": None, "requested_datasets": None,
        "trainer_ip": trainer, "task_type": "InstructTextTask"}


def watch(task, until="2099-01-01T00:00:00Z"):
    return "watch_training", f"watch_training/{task}/hk/1", {
        "task_id": task, "hotkey": "hk", "trainer_ip": HERE, "until": until}


JOBS = {
    "gpus": ("refresh_gpus", "refresh_gpus/1", {"trainers": [HERE, SILENT]}),
    "accepted": start("hk", HERE), "no_retry": start("hk-clone", HERE), "busy": start("hk-busy", HERE),
    "silent": start("hk", SILENT),
    "ok": watch("t-ok"), "bad": watch("t-bad"), "unknown": watch("t-gone"),
    "late": watch("t-late", "2020-01-01T00:00:00Z"), "still": watch("t-late"),
}
JOBS["silent"] = (JOBS["silent"][0], "start_training/t/hk-silent/1", JOBS["silent"][2])
JOBS["still"] = (JOBS["still"][0], "watch_training/t-late/hk/2", JOBS["still"][2])


def add_all(store):
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
    db = sqlite3.connect(store)
    db.executemany("INSERT INTO jobs (kind, key, payload, not_before, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
                   [(kind, key, json.dumps(payload), now, now, now) for kind, key, payload in JOBS.values()])
    db.commit()
    db.close()


def show(host, name):
    done = subprocess.run([host.god, "job", "show", JOBS[name][1], "--json", "--config", host.config], check=True,
                          stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def await_result(host, name):
    for _ in range(600):
        job = show(host, name)
        if job["state"] not in ("queued", "running"):
            assert job["state"] == "done", job
            return job["result"]
        time.sleep(0.1)
    raise SystemExit(f"{name} does not end: {job}\n" + "".join(host.lines))


def main():
    server = http.server.ThreadingHTTPServer((HERE, 8001), Trainer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = Host(sys.argv[1])
    host.run_once()  # makes the schema
    add_all(host.store)
    with host:
        gpus = await_result(host, "gpus")["trainers"]
        assert gpus == [{"trainer_ip": HERE, "gpus": GPUS}, {"trainer_ip": SILENT, "gpus": None}], gpus
        outcomes = {name: await_result(host, name)["outcome"] for name in ("accepted", "no_retry", "busy", "silent")}
        assert outcomes == {"accepted": "accepted", "no_retry": "no_retry", "busy": "failed", "silent": "failed"}, outcomes
        ends = {name: await_result(host, name)["status"] for name in ("ok", "bad", "unknown", "late")}
        assert ends == {"ok": "success", "bad": "failure", "unknown": "failure", "late": "failure"}, ends
        still = show(host, "still")
        assert still["state"] == "running" and still["attempts"] == 1, still
        assert host.stop() == 0
        assert show(host, "still")["state"] == "queued"  # given back, by a command that needs no host
    request = next(r for r in Trainer.started if r["hotkey"] == "hk")
    assert "trainer_ip" not in request and "task_type" not in request and request["gpu_ids"] == [0], request
    server.shutdown()
    print("trainers: every answer is understood")
    return 0


sys.exit(main())
