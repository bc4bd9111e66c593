"""A trainer's whole job with nothing replaced but the machines outside: the template for miners in a git repository, its
base model on a hub, its data in an object store that checks signatures, trained by the process runner and uploaded.
`god run-task` is killed twice on the way and given again.

    whole_job.py BUILD_DIR SOURCE_DIR

Exit code 77: something needed is missing (and what).
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BUILD, SOURCE = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
TEMPLATE, DEMO = SOURCE / "sdk/templates/miner-repo", SOURCE / "sdk/examples/demo"
PACKAGES, STORE_PYTHON = BUILD / "miner-packages", BUILD / "object-store-venv/bin/python"
TOP = pathlib.Path(tempfile.mkdtemp(prefix="god-whole-job-"))
SERVERS = []
DEADLINE_S = 240


def skip(why):
    print(f"skipped: {why}")
    shutil.rmtree(TOP, ignore_errors=True)
    sys.exit(77)


def check_machine():
    if not PACKAGES.exists():
        skip(f"{PACKAGES} is not there; tests/runner/train_template.py fills it")
    if not STORE_PYTHON.exists():
        skip(f"{STORE_PYTHON} is not there; tests/object_store/prepare.sh makes it")
    if subprocess.run(["bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"], check=False,
                      capture_output=True).returncode != 0:
        skip("bubblewrap cannot make name spaces on this machine")


def start_server(*command):
    server = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    SERVERS.append(server)
    return server.stdout.readline().split()


def git(folder, *words):
    settings = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main",
                "-c", "core.compression=0"]
    return subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True, text=True,
                          env=dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null")).stdout.strip()


def make_repository():
    repository = TOP / "repository"
    shutil.copytree(TEMPLATE, repository)
    for name in ("numpy", "numpy.libs", "tokenizers"):  # what the template imports, and no more for git to carry
        shutil.copytree(PACKAGES / name, repository / "packages" / name,
                        ignore=shutil.ignore_patterns("__pycache__", "tests"))
    path = repository / "dockerfiles/standalone-text-trainer.dockerfile"
    lines = path.read_text().splitlines()
    path.write_text("\n".join("COPY packages /workspace/packages" if line.startswith("RUN pip") else line
                              for line in lines) + "\n")
    git(repository, "init", "-q")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "training")
    return repository, git(repository, "rev-parse", "HEAD")


PUT = """
import sys, boto3
port, key, secret, path = sys.argv[1:]
boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1", aws_access_key_id=key,
             aws_secret_access_key=secret).upload_file(path, "bkt", "aa11_train_data.json")
"""


def put_data():
    rows = [json.loads(line) for line in (DEMO / "data/gsm8k_train_1500.jsonl").read_text().splitlines()[:60]]
    (TOP / "train.json").write_text(json.dumps([{"instruct": r["question"], "output": r["answer"]} for r in rows]))
    store = start_server(STORE_PYTHON, SOURCE / "tests/object_store/store.py")
    subprocess.run([STORE_PYTHON, "-c", PUT, *store, str(TOP / "train.json")], check=True)
    return store


def write_task(repository, commit, store, hub_port):
    demo = json.loads((DEMO / "task.json").read_text())
    data = {"model": "demo/base", "task_id": "whole", "hours_to_complete": 0.05, "expected_repo_name": "adapter",
            "dataset": "s3://bkt/aa11_train_data.json", "dataset_type": demo["dataset_type"], "file_format": "s3",
            "baseline_stats": {"task_type": "instruct"}}
    (TOP / "task.json").write_text(json.dumps({"training_data": data, "github_repo": f"file://{repository}",
                                               "github_commit_hash": commit, "gpu_ids": [0], "hotkey": "hotkey"}))
    (TOP / "god.yaml").write_text(f"paths: {{cache_dir: {TOP}/cache, state_dir: {TOP}/state}}\n"
                                  f"hub: {{endpoint: 'http://127.0.0.1:{hub_port}', token_variable: TEST_HUB_TOKEN}}\n"
                                  f"s3: {{endpoint: 'http://127.0.0.1:{store[0]}'}}\n")
    os.environ.update(TEST_HUB_TOKEN="hf_secret", MODEL_HASH_SALT="s4lt", S3_COMPATIBLE_ACCESS_KEY=store[1],
                      S3_COMPATIBLE_SECRET_KEY=store[2])


def start_job():
    command = [BUILD / "bin/god", "run-task", TOP / "task.json", "--config", TOP / "god.yaml", "--runner", "process",
               "--memory", "4000000000", "--cpus", "2", "--upload", "made", "--out", TOP / "run", "--json"]
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)


def kill_when_there_is(pattern):
    job, deadline = start_job(), time.monotonic() + DEADLINE_S
    while not list((TOP / "run").glob(pattern)):
        assert job.poll() is None, f"the job ended before there was {pattern}"
        assert time.monotonic() < deadline, f"there is no {pattern}"
        time.sleep(0.01)
    job.send_signal(signal.SIGKILL)
    job.communicate()


def read_log(name):
    return [json.loads(line) for line in (TOP / name).read_text().splitlines()]


def run():
    repository, commit = make_repository()
    store = put_data()
    hub_port = start_server(sys.executable, SOURCE / "tests/hub/hub.py", "--log", TOP / "hub.log", "--folder",
                            f"demo/base={DEMO}/models/base")[0]
    write_task(repository, commit, store, hub_port)
    kill_when_there_is("*/source")
    kill_when_there_is("*/training.log")
    began = time.monotonic()
    job = start_job()
    answer, _ = job.communicate(timeout=DEADLINE_S)
    assert job.returncode == 0, f"god run-task: exit code {job.returncode}\n{answer}"
    end = json.loads(answer)
    assert end["succeeded"] and end["repository"] == "made/adapter", end
    log = (pathlib.Path(end["folder"]) / "training.log").read_text()
    assert "demo/base" not in log and "demo--base" not in log, "the hidden model is named"
    commits = [entry for entry in read_log("hub.log") if "commit" in entry]
    assert [entry["name"] for entry in commits] == ["made/adapter"], commits
    assert {"adapter_config.json", "adapter_model.safetensors"} <= set(commits[0]["files"]), commits
    left = sorted(path.name for path in pathlib.Path(end["folder"]).iterdir())
    assert "source" not in left and "end.json" in left, left
    assert not list((TOP / "cache/views").iterdir()), "the view is still there"
    print(f"trained, uploaded and cleaned; the last of three commands took {time.monotonic() - began:.1f} s")


def main():
    check_machine()
    try:
        run()
    finally:
        for server in SERVERS:
            server.stdin.close()
            server.wait()
        shutil.rmtree(TOP, ignore_errors=True)


if __name__ == "__main__":
    main()
