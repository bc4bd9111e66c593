"""A trainer of a test's own: folders, configuration, the process, its log, and requests to it."""
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

REPOSITORY_SCRIPT = """#!/bin/sh
# Stands for a miner's training: says what it was given, and ends when the test says so.
while [ $# -gt 1 ]; do
    case $1 in --task-id) task=$2 ;; --expected-repo-name) name=$2 ;; --model) model=$2 ;; esac
    shift
done
out=/app/checkpoints/$task/$name
mkdir -p "$out"
echo "training $task with $model"
ls /cache/datasets /cache/models > "$out/cache.txt"
env > "$out/environment.txt"
logs=$WANDB_DIR/wandb/offline-run-20260702_100000-a1
mkdir -p "$logs/files" "$WANDB_DIR/wandb/latest"
echo "loss of $task" > "$logs/run-a1.wandb"
ln -s /etc/hostname "$logs/files/link"
while [ ! -e "/app/checkpoints/go" ]; do sleep 0.05; done
case $(cat /app/checkpoints/go) in
fail) echo "ValueError: the loss is not a number"; exit 3 ;;
esac
head -c 2000 /dev/zero > "$out/adapter_model.safetensors"
echo '{"base_model_name_or_path": "somebody/else", "r": 8, "peft_type": "LORA"}' > "$out/adapter_config.json"
"""
DOCKERFILE = """FROM scratch
COPY train.sh /work/train.sh
WORKDIR /work
ENTRYPOINT ["/bin/sh", "/work/train.sh"]
"""
# Stands for the program that sends run logs; it tells what it sees.
SENDER = """#!/bin/sh
[ "$WANDB_API_KEY" = "wandb_secret" ] || { echo "no key"; exit 4; }
for dir; do :; done
echo "sending $* with $(cat "$dir/run-a1.wandb")"
[ ! -e "$dir/files/link" ] && [ ! -L "$dir/files/link" ] || { echo "a link"; exit 5; }
[ ! -e STATE ] && ! (echo x > /usr/x) 2> /dev/null || { echo "no jail"; exit 6; }
case $(cat "$dir/run-a1.wandb") in *t-2) echo "no such account"; exit 7 ;; esac
echo "see https://wandb.ai/somebody/runs/a1 for more"
"""
PREP_SCRIPT = """#!/bin/sh
while [ ! -e /app/checkpoints/go ]; do sleep 0.05; done
case $(cat /app/checkpoints/go) in
fail) echo "RuntimeError: no such model" >&2; exit 1 ;;
esac
echo "some words first"
echo '{"augmented_model_id": null, "baseline_stats": {"task_type": "instruct", "loss": 1.5}, "lora_merge": null}'
"""


def git(folder, *arguments):
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    for who in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{who}_NAME": "a miner", f"GIT_{who}_EMAIL": "miner@example.org"}
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.stdout.strip()


def missing():
    """Why a trainer with the process runner cannot run here; "" when it can."""
    for program in ("git", "bwrap"):
        if not shutil.which(program):
            return f"{program} is not installed"
    made = subprocess.run(["bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"], check=False, capture_output=True)
    return "" if made.returncode == 0 else "bubblewrap cannot make name spaces on this machine"


class Trainer:
    """Its folder is removed at the end of a `with`; the process may be killed and started in between."""

    def __init__(self, god, hub_url, trainer="", listen="127.0.0.1:0", signature="require_signature: 0", runner="process",
                 dockerfile=DOCKERFILE, script=REPOSITORY_SCRIPT, memory_gib=65536):
        self.god, self.address = god, listen.split(":")[0]
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="god-trainer-"))
        self.state, self.config = self.top / "state", self.top / "god.yaml"
        self.secret, self.log_key = "hf_secret", "wandb_secret"
        self.process, self.lines, self.texts = None, [], []
        self.config.write_text(
            "paths: {state_dir: state, cache_dir: cache}\n"
            f"hub: {{endpoint: \"{hub_url}\", token_variable: TEST_HUB_TOKEN}}\n"
            "host: {role: trainer}\n"
            f"trainer: {{listen: \"{listen}\", gpus: [NVIDIA H100 80GB HBM3 79, Quadro 8, A100-SXM4 40],\n"
            f"  {signature}, prep_folder: prep, runner: {runner}, trusted: 1, local_repositories: 1,\n"
            f"  memory_gib_per_gpu: {memory_gib},"
            f" cpus_per_gpu: 1, wandb_command: [{self.top}/sender/bin/send, sync, --include-offline]{trainer}}}\n")
        sender = self.top / "sender/bin/send"
        sender.parent.mkdir(parents=True)
        sender.write_text(SENDER.replace("STATE", str(self.state)))
        sender.chmod(0o755)
        prep = self.top / "prep"
        prep.mkdir()
        (prep / "train.sh").write_text(PREP_SCRIPT)
        (prep / "Dockerfile").write_text(DOCKERFILE)
        self.repository = self.top / "repository"
        (self.repository / "dockerfiles").mkdir(parents=True)
        (self.repository / "train.sh").write_text(script)
        (self.repository / "dockerfiles/standalone-text-trainer.dockerfile").write_text(dockerfile)
        git(self.repository, "init", "--quiet", "--initial-branch", "main")
        git(self.repository, "add", ".")
        git(self.repository, "commit", "--quiet", "-m", "a training")
        git(self.repository, "config", "uploadpack.allowAnySHA1InWant", "true")
        self.commit = git(self.repository, "rev-parse", "HEAD")

    def commit_change(self, path, text):
        """Writes a file of the repository; the new commit."""
        path.write_text(text)
        git(self.repository, "commit", "--quiet", "--all", "-m", "a change")
        return git(self.repository, "rev-parse", "HEAD")

    # ---- the process ----

    def start(self):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HUGGINGFACE")}
        environment |= {"TEST_HUB_TOKEN": self.secret, "MODEL_HASH_SALT": "s4lt", "WANDB_TOKEN": self.log_key}
        self.ready, self.port = threading.Event(), None
        self.process = subprocess.Popen([self.god, "host", "--config", str(self.config), "--log-json"],
                                        stderr=subprocess.PIPE, text=True, env=environment, cwd=self.top)
        self.reader = threading.Thread(target=self.read, args=(self.process,))
        self.reader.start()
        if not self.ready.wait(60) or self.port is None:
            self.process.kill()
            raise SystemExit("the trainer did not start:\n" + "".join(self.lines))
        return self

    def read(self, process):
        for line in process.stderr:
            self.lines.append(line)
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("message") == "the host is ready":
                self.port = int(event["trainer_port"])
                self.ready.set()
        self.ready.set()

    def end(self, number=signal.SIGTERM):
        """Its exit status."""
        if self.process is None:
            return None
        self.process.send_signal(number)
        status = self.process.wait(60)
        self.reader.join()
        self.process = None
        return status

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process is not None:
            for go in self.jobs():
                self.let_go(go, "fail")
            self.end()
        shutil.rmtree(self.top, ignore_errors=True)

    # ---- requests ----

    def ask(self, method, path, body=None, source="127.0.0.1", headers=None, raw=None):
        connection = http.client.HTTPConnection(self.address, self.port, timeout=60, source_address=(source, 0))
        text = raw if raw is not None else None if body is None else json.dumps(body)
        sent = dict(headers or {}) if text is None else {"Content-Type": "application/json"} | (headers or {})
        connection.request(method, path, text, sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self.texts.append(text)
        kind = answer.headers.get("Content-Type", "")
        return answer.status, json.loads(text) if kind.startswith("application/json") else text

    def request(self, task, hotkey, gpus=(0,), **changes):
        data = {"model": "test/plain", "task_id": task, "hours_to_complete": 0.05, "expected_repo_name": f"repo-{task}",
                "baseline_stats": None, "dataset": changes.pop("dataset", None), "file_format": "s3", "use_kl": False,
                "kl_coef": None, "dataset_type": {"field_instruction": "q", "field_output": "a"}}
        return {"training_data": data, "github_repo": f"file://{self.repository}", "gpu_ids": list(gpus),
                "hotkey": hotkey, "github_commit_hash": self.commit, "github_token": None,
                "requested_datasets": None} | changes

    def record(self, task, hotkey):
        status, record = self.ask("GET", f"/v1/trainer/{task}?hotkey={hotkey}")
        assert status == 200, (status, record)
        return record

    def await_record(self, task, hotkey, condition, what):
        for _ in range(1200):
            record = self.record(task, hotkey)
            if condition(record):
                return record
            time.sleep(0.05)
        raise SystemExit(f"{task}: {what} does not come: {json.dumps(record, indent=1)}\n" + "".join(self.lines))

    def await_container(self, task, hotkey):
        return self.await_record(task, hotkey, lambda r: r["container_name"] or r["status"] != "training", "its start")

    def await_end(self, task, hotkey):
        return self.await_record(task, hotkey, lambda r: r["status"] != "training", "its end")

    # ---- what lies on the disk ----

    def jobs(self):
        folder = self.state / "trainer/jobs"
        return sorted(folder.iterdir()) if folder.exists() else []

    def job_of(self, task):
        """The folder of a task's only job."""
        records = [json.loads(path.read_text()) for path in (self.state / "trainer/records").glob("*.json")]
        ids = [r["id"] for r in records
               if r["record"].get("training_data", r["record"]).get("task_id") == task]
        assert len(ids) == 1, (task, ids)
        return self.state / "trainer/jobs" / ids[0]

    @staticmethod
    def let_go(job, how="well"):
        """Lets the training of a job end."""
        folder = job / "checkpoints"
        if folder.exists():
            staged = folder / ".go"
            staged.write_text(how)
            staged.rename(folder / "go")
