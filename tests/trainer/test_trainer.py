#!/usr/bin/env python3
"""A trainer over real HTTP, asked as a validator that exists asks: every route, every refusal, and trainings from start
to result, also when the trainer is killed or stopped meanwhile.

usage: test_trainer.py GOD HUB          HUB: tests/hub/hub.py          77: skipped, and why
"""
import functools
import http.server
import json
import signal
import subprocess
import sys
import threading
import time

from trainer import Trainer, missing

GOD, HUB = sys.argv[1:3]
TOKEN = "ghp_ATokenThatNobodyMaySee"
PREPARED = {"augmented_model_id": None, "baseline_stats": {"task_type": "instruct", "loss": 1.5}}
ROWS = [{"q": f"what is {i}?", "a": str(i)} for i in range(20)]


class Data(http.server.BaseHTTPRequestHandler):
    """Where the data of tasks lies."""

    def do_GET(self):
        body = json.dumps(ROWS).encode()
        self.send_response(200 if "Signature" in self.path else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def refused(trainer, body, *loc):
    status, answer = trainer.ask("POST", "/v1/trainer/start_training", body)
    assert status == 422, (status, answer)
    mistakes = answer["detail"]
    assert all(set(m) == {"type", "loc", "msg"} for m in mistakes), mistakes
    assert ["body", *loc] in [m["loc"] for m in mistakes], (loc, mistakes)
    return next(m for m in mistakes if m["loc"] == ["body", *loc])


def check_mistakes(trainer):
    good = trainer.request("t-422", "hk", dataset=trainer.data)
    for key in ("github_repo", "gpu_ids", "hotkey", "training_data"):
        assert refused(trainer, {k: v for k, v in good.items() if k != key}, key) == \
            {"type": "missing", "loc": ["body", key], "msg": "Field required"}
    for key, value, kind in (("hotkey", 5, "string_type"), ("gpu_ids", "0", "list_type"), ("gpu_ids", ["x"], "int_type"),
                             ("github_token", [TOKEN], "string_type"), ("training_data", 7, "model_attributes_type")):
        assert refused(trainer, good | {key: value}, key)["type"] == kind
    for key, value, kind in (("model", "", "string_too_short"), ("hours_to_complete", "soon", "float_type"),
                             ("dataset", None, "string_type"), ("use_kl", "yes", "bool_type")):
        data = dict(good["training_data"], **{key: value})
        assert refused(trainer, good | {"training_data": data}, "training_data", key)["type"] == kind
    for key, value in (("task_id", "../up"), ("expected_repo_name", "a/b"), ("hours_to_complete", -1)):
        data = dict(good["training_data"], **{key: value})
        assert key in refused(trainer, good | {"training_data": data})["msg"]
    assert "gpu_ids" in refused(trainer, good | {"gpu_ids": []})["msg"]
    for raw, headers, kind in (("{", {}, "json_invalid"), ("", {}, "missing"), ("[]", {}, "model_attributes_type"),
                               ("{}", {"Content-Type": "text/plain"}, "model_attributes_type")):
        status, answer = trainer.ask("POST", "/v1/trainer/start_training", raw=raw, headers=headers)
        assert status == 422 and answer["detail"][0]["type"] == kind, (raw, status, answer)
    status, answer = trainer.ask("POST", "/v1/trainer/model_prep", {"task_id": "t"})
    assert status == 422 and [m["loc"][-1] for m in answer["detail"]] == ["model_id", "training_data_url"], answer
    for path, name, kind in (("get_recent_tasks", "hours", "missing"), ("get_recent_tasks?hours=x", "hours", "int_parsing"),
                             ("some-task", "hotkey", "missing")):
        status, answer = trainer.ask("GET", "/v1/trainer/" + path)
        assert status == 422 and answer["detail"][0]["loc"] == ["query", name], answer
        assert answer["detail"][0]["type"] == kind, answer


def check_unknown(trainer):
    for path, said in (("nobody?hotkey=hk", ("nobody", "hk")), ("model_prep/nobody", ("nobody",)),
                       ("get_recent_tasks?hours=7", ("7",))):
        status, answer = trainer.ask("GET", "/v1/trainer/" + path)
        assert status == 404 and all(word in answer["detail"] for word in said), (status, answer)
    assert trainer.ask("GET", "/v1/elsewhere")[0] == 404
    assert trainer.ask("GET", "/v1/trainer/start_training")[0] == 422  # a task of that name: its hotkey is missing


def check_callers(trainer):
    for path in ("/v1/trainer/get_gpu_availability", "/metrics", "/ready"):
        assert trainer.ask("GET", path, source="127.0.0.2") == (403, {"detail": "Access forbidden"})
        assert trainer.ask("GET", path, source="127.0.0.3")[0] == 200  # one of trainer.callers
    forwarded = {"X-Forwarded-For": "127.0.0.1"}
    assert trainer.ask("GET", "/ready", source="127.0.0.2", headers=forwarded)[0] == 403
    assert trainer.ask("GET", "/health", source="127.0.0.2")[0] == 200


def gpus(trainer):
    status, answer = trainer.ask("GET", "/v1/trainer/get_gpu_availability")
    assert status == 200, answer
    return answer


def check_gpus(trainer, busy):
    assert gpus(trainer) == [
        {"gpu_id": 0, "gpu_type": "H100", "vram_gb": 79, "available": 0 not in busy, "used_until": None, "updated_at": None},
        {"gpu_id": 2, "gpu_type": "A100", "vram_gb": 40, "available": 2 not in busy, "used_until": None, "updated_at": None}]


def start(trainer, task, hotkey, devices=(0,), **changes):
    status, answer = trainer.ask("POST", "/v1/trainer/start_training",
                                 trainer.request(task, hotkey, devices, dataset=trainer.data, **changes))
    assert (status, answer) == (200, {"message": "Started Training!", "task_id": task}), (status, answer)


def conflict(trainer, task, hotkey, devices):
    status, answer = trainer.ask("POST", "/v1/trainer/start_training",
                                 trainer.request(task, hotkey, devices, dataset=trainer.data))
    assert status == 409, (status, answer)
    return answer["detail"]


SHOWN = ["job_type", "gpu_ids", "status", "started_at", "finished_at", "container_name", "logs", "training_data",
         "github_repo", "hotkey", "github_commit_hash", "github_token", "requested_datasets", "wandb_url"]
MILESTONES = ["Downloading data", "Download container completed successfully", "Docker image built with tag:",
              "Container started:", "Waiting for container to finish (timeout=180)...", "Training completed successfully."]


def check_success(trainer):
    """One training while another one fails, and everything that is refused meanwhile."""
    start(trainer, "t-1", "hk-1", github_token=TOKEN)
    assert conflict(trainer, "t-1", "hk-1", [2]) == "Task t-1 for hotkey hk-1 is already running"
    assert conflict(trainer, "t-2", "hk-1", [2, 0]) == "GPU conflict detected. GPUs already in use: 0"
    record = trainer.await_container("t-1", "hk-1")
    assert record["status"] == "training" and list(record) == SHOWN, record
    check_gpus(trainer, {0})
    start(trainer, "t-2", "hk-1", [2])
    trainer.await_container("t-2", "hk-1")
    check_gpus(trainer, {0, 2})
    trainer.let_go(trainer.job_of("t-2"), "fail")
    failed = trainer.await_end("t-2", "hk-1")
    assert failed["status"] == "failure" and failed["finished_at"] and any(
        "ValueError: the loss is not a number" in line for line in failed["logs"]), failed
    trainer.let_go(trainer.job_of("t-1"))
    record = trainer.await_end("t-1", "hk-1")
    text = "\n".join(record["logs"])
    assert record["status"] == "success", text
    at = [text.find(milestone) for milestone in MILESTONES]
    assert -1 not in at and at == sorted(at), (at, text)
    assert all(line.startswith("[20") for line in record["logs"]), text
    assert record["github_token"] is None and record["github_repo"] == f"file://{trainer.repository}", record
    output = trainer.job_of("t-1") / "checkpoints/t-1/repo-t-1"
    assert (output / "adapter_model.safetensors").stat().st_size == 2000
    assert "t-1_train_data.json" in (output / "cache.txt").read_text(), "the data was not in the cache"
    assert record["wandb_url"] == "https://wandb.ai/somebody/runs/a1", record
    assert not list((trainer.job_of("t-1") / "run_logs").iterdir()), "a run log that was sent is still there"
    check_gpus(trainer, set())


def check_again(trainer):
    """The same pair once more: its record begins anew."""
    start(trainer, "t-2", "hk-1", [0], requested_datasets=[])
    record = trainer.record("t-2", "hk-1")
    assert record["status"] == "training" and record["finished_at"] is None and record["gpu_ids"] == [0], record
    assert not any("ValueError" in line for line in record["logs"]), record
    trainer.await_container("t-2", "hk-1")
    trainer.let_go(trainer.job_of("t-2"))
    record = trainer.await_end("t-2", "hk-1")
    assert record["status"] == "success" and record["wandb_url"] is None, record
    assert any("offline-run-20260702_100000-a1 was not sent: exit status 7: no such account" in line
               for line in record["logs"]), record
    kept = trainer.job_of("t-2") / "run_logs/offline-run-20260702_100000-a1"
    assert (kept / "run-a1.wandb").exists() and not list((kept / "files").iterdir())
    status, recent = trainer.ask("GET", "/v1/trainer/get_recent_tasks?hours=1")
    assert status == 200 and [r["training_data"]["task_id"] for r in recent] == ["t-2", "t-1"], recent


def check_survival(trainer, task, number, status):
    """Whoever ends the trainer, the training goes on, and the next start waits for it."""
    start(trainer, task, "hk")
    name = trainer.await_container(task, "hk")["container_name"]
    assert trainer.end(number) == status
    trainer.start()
    record = trainer.record(task, "hk")
    assert record["status"] == "training" and record["container_name"] == name, record
    check_gpus(trainer, {0})
    assert conflict(trainer, task, "hk", [2]).endswith("already running")
    trainer.let_go(trainer.job_of(task))
    record = trainer.await_end(task, "hk")
    assert record["status"] == "success", record
    assert any("[STARTUP_RECOVERY]" in line for line in record["logs"]), record
    assert (trainer.job_of(task) / f"checkpoints/{task}/repo-{task}/adapter_config.json").exists()


def await_prep(trainer, task):
    for _ in range(1200):
        status, record = trainer.ask("GET", f"/v1/trainer/model_prep/{task}")
        if status == 200 and (record["container_name"] or record["status"] != "training"):
            return record
        time.sleep(0.05)
    raise SystemExit(f"{task} does not begin\n" + "".join(trainer.lines))


def check_prep(trainer, task, how, status, answer):
    """A model preparation: its answer comes when it has ended, and can be asked for again."""
    answers = []
    body = {"task_id": task, "model_id": "test/plain", "training_data_url": trainer.data, "gpu_ids": [2]}
    asking = threading.Thread(target=lambda: answers.append(trainer.ask("POST", "/v1/trainer/model_prep", body)))
    asking.start()
    record = await_prep(trainer, task)
    assert record["status"] == "training" and record["result"] is None and record["model_id"] == "test/plain", record
    check_gpus(trainer, {2})
    conflict(trainer, "t-other", "hk", [2])
    other = dict(body, task_id="t-other-prep")
    assert trainer.ask("POST", "/v1/trainer/model_prep", other)[0] == 409
    assert not answers
    trainer.let_go(trainer.job_of(task), how)
    asking.join()
    assert answers[0][0] == status and answer(answers[0][1]), answers
    record = trainer.ask("GET", f"/v1/trainer/model_prep/{task}")[1]
    assert (record["result"] == answers[0][1]) == (status == 200), (record, answers)
    assert trainer.ask("GET", f"/v1/trainer/model_prep/{task}?hotkey=hk")[0] == 404


def check_lost(trainer):
    """A record whose folder is gone cannot go on; a folder that no record knows is removed."""
    start(trainer, "t-lost", "hk")
    trainer.await_container("t-lost", "hk")
    job = trainer.job_of("t-lost")
    trainer.end(signal.SIGKILL)
    record = trainer.state / "trainer/records" / (job.name + ".json")
    other = record.with_name("0" * 32 + ".json")
    other.write_text(record.read_text().replace(job.name, "0" * 32).replace("t-lost", "t-none"))
    record.unlink()
    trainer.start()
    lost = trainer.record("t-none", "hk")
    assert lost["status"] == "failure" and lost["logs"][-1].split("] ", 1)[1].startswith("[STARTUP_RECOVERY]"), lost
    for _ in range(600):
        if not job.exists():
            break
        threading.Event().wait(0.05)
    assert not job.exists(), "".join(trainer.lines)
    assert not [p for p in running_jobs(job)], "its runner still works"


def running_jobs(job):
    done = subprocess.run(["ps", "-eo", "args"], check=True, stdout=subprocess.PIPE, text=True)
    return [line for line in done.stdout.splitlines() if job.name in line]


def check_state(trainer):
    status, ready = trainer.ask("GET", "/ready")
    assert status == 200 and ready["ready"] and ready["gpus"]["offered"] == 2, ready
    status, metrics = trainer.ask("GET", "/metrics")
    assert status == 200 and 'god_trainer_jobs{job_type="training",status="success"}' in metrics, metrics


def check_secrets(trainer):
    """The token is on no disk in clear, in no answer, and in no log."""
    secrets = (TOKEN, trainer.secret, trainer.log_key)
    for path in trainer.state.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            assert not any(secret.encode() in content for secret in secrets), path
            assert path.stat().st_mode & 0o077 == 0 or "checkpoints" in path.parts or path.suffix != ".json", path
    everything = "".join(trainer.lines + trainer.texts)
    assert not any(secret in everything for secret in secrets)


def main():
    why = missing()
    if why:
        print("skipped:", why)
        return 77
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Data)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub = subprocess.Popen([sys.executable, HUB], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = hub.stdout.readline().split()[0]
    with Trainer(GOD, f"http://127.0.0.1:{port}", trainer=", callers: [127.0.0.3, 10.1.2.3]") as trainer:
        trainer.data = f"http://127.0.0.1:{server.server_port}/rows.json?Signature=x"
        for check in (check_callers, check_unknown, check_mistakes, functools.partial(check_gpus, busy=set()),
                      check_success, check_again,
                      functools.partial(check_survival, task="t-killed", number=signal.SIGKILL, status=-signal.SIGKILL),
                      functools.partial(check_survival, task="t-stopped", number=signal.SIGTERM, status=0),
                      functools.partial(check_prep, task="t-prep", how="well", status=200, answer=lambda a: a == PREPARED),
                      functools.partial(check_prep, task="t-prep-2", how="fail", status=500,
                                        answer=lambda a: isinstance(a["detail"], str)),
                      check_lost, check_state):
            check(trainer)
        assert trainer.end() == 0
        errors = [line for line in trainer.lines if '"level":"error"' in line]
        assert not errors, errors
        check_secrets(trainer)
    hub.stdin.close()
    hub.wait()
    server.shutdown()
    print("trainer: every route and every refusal; trainings survive the trainer")
    return 0


sys.exit(main())
