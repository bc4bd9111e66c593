#!/usr/bin/env python3
"""A training from a request over HTTP to its result, built and run by Podman: what the process runner cannot show.

usage: test_containers.py BUILD_DIR          77: skipped, and why
"""
import json
import subprocess
import sys
import time

from containers import trainer_in_containers
from harness import SERVE, TRAINING, Skip

MILESTONES = ["Downloading data", "Docker image built with tag: god-run-", "Container started: god-run-",
              "Training completed successfully.", "cleaned up."]


def start(trainer, task, **changes):
    status, answer = trainer.ask("POST", "/v1/trainer/start_training",
                                 trainer.request(task, "hk", dataset=trainer.data, **changes))
    assert status == 200, (status, answer)


def check_success(trainer):
    start(trainer, "t-1")
    record = trainer.await_container("t-1", "hk")
    assert record["status"] == "training", record
    trainer.let_go(trainer.job_of("t-1"))
    record = trainer.await_end("t-1", "hk")
    text = "\n".join(record["logs"])
    at = [text.find(milestone) for milestone in MILESTONES]
    assert record["status"] == "success" and -1 not in at and at == sorted(at), (at, text)
    output = trainer.job_of("t-1") / "checkpoints/t-1/repo-t-1"
    assert (output / "adapter_model.safetensors").stat().st_size == 2000
    assert "t-1_train_data.json" in (output / "cache.txt").read_text()
    assert record["wandb_url"] == "https://wandb.ai/somebody/runs/a1", record


def check_failure(trainer):
    """A request whose commit has no Dockerfile that can be built."""
    dockerfile = trainer.repository / "dockerfiles/standalone-text-trainer.dockerfile"
    commit = trainer.commit_change(dockerfile, dockerfile.read_text() + "COPY missing /missing\n")
    start(trainer, "t-2", github_commit_hash=commit)
    record = trainer.await_end("t-2", "hk")
    assert record["status"] == "failure" and any(
        "[ERROR] Image Build failed" in line and "missing" in line for line in record["logs"]), record


def check_run_task(scene, trainer):
    """`god run-task` with a task that is played: the servers' image is fetched and told, and the training finds them."""
    registry = scene.start_registry()
    image = f"{registry.address}/games/server:1"
    folder = trainer.top / "local"
    folder.mkdir()
    (folder / "model").mkdir()
    (folder / "model/config.json").write_text("{}")
    (folder / "god.yaml").write_text(
        f"trainer: {{environments: {{gin_rummy: {{image: '{image}', command: {json.dumps(SERVE)}}}}}}}\n")
    request = trainer.request("t-3", "hk", dataset="env_task_dummy_dataset", github_commit_hash=None)
    request["training_data"]["dataset_type"] = {"environment_names": ["gin_rummy"]}
    (folder / "task.json").write_text(json.dumps(request))
    (folder / "data.json").write_text("[]")
    script = trainer.repository / "train.sh"
    script.write_text(script.read_text().replace("while [ ! -e", "while false && [ ! -e")
                      .replace("$(cat /app/checkpoints/go)", "well"))
    (trainer.repository / "dockerfiles/standalone-text-trainer.dockerfile").write_text(TRAINING)
    done = subprocess.run([str(scene.build / "bin/god"), "run-task", "task.json", "--repo", str(trainer.repository),
                           "--model", "model", "--data", "data.json", "--runner-config", json.dumps(scene.config()),
                           "--memory", str(1 << 30), "--cpus", "1", "--config", "god.yaml", "--out", "out"],
                          cwd=folder, capture_output=True, text=True, check=False)
    assert f"pulling {image}: " in done.stderr and f"pulled {image}\n" in done.stderr, done.stderr
    variables = (folder / "out/checkpoints/t-3/repo-t-3/environment.txt").read_text()
    assert "ENVIRONMENT_SERVER_URLS=http://10." in variables and "success" in done.stdout, (variables, done.stdout)
    scene.podman("rmi", "--force", image)
    registry.close()


KINDS = ("mounts", "containers", "images", "volumes", "layers")


def left_of(found):
    return {kind: found[kind] for kind in KINDS} | {"networks": [], "views": []}


def left(scene, trainer):
    """What is there of the engine's, and of the jobs' views, whoever made it."""
    found = left_of(scene.machine())
    jobs = {job.name for job in trainer.jobs()}
    found["networks"] = [name for name in scene.podman("network", "ls", "-q").split() if any(job in name for job in jobs)]
    views = trainer.top / "cache/views"
    found["views"] = sorted(path.name for path in views.iterdir()) if views.exists() else []
    return found


def main():
    try:
        with trainer_in_containers(sys.argv[1], lambda scene: f"{scene.top}/engine.sock") as (scene, trainer):
            before = scene.machine()
            check_success(trainer)
            check_failure(trainer)
            check_run_task(scene, trainer)
            deadline = time.monotonic() + 20
            while (after := left(scene, trainer)) != left_of(before) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert after == left_of(before), after
            assert trainer.end() == 0
    except Skip as why:
        print(f"skipped: {why}")
        return 77
    print("trainer: a training and a failed build by a container engine, and nothing left of them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
