"""Trains sdk/templates/miner-repo with `god run-task` on each runner, then ranks the outputs with `god evaluate`.

    train_template.py BUILD_DIR SOURCE_DIR [RUNNER ...]     RUNNER: process, container, slurm; default: all

What the template's RUN line would install comes from a folder that pip fills once (BUILD_DIR/miner-packages), because a
build here has no network; the base image is made of this machine's Python. Exit code 77: something needed is missing.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import cluster

BUILD, SOURCE = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
RUNNERS = sys.argv[3:] or ["process", "container", "slurm"]
TEMPLATE, DEMO = SOURCE / "sdk/templates/miner-repo", SOURCE / "sdk/examples/demo"
PACKAGES = BUILD / "miner-packages"
DOCKERFILE = "dockerfiles/standalone-text-trainer.dockerfile"
PYTHON = "/usr/bin/python3"
TOP = pathlib.Path(tempfile.mkdtemp(prefix="god-template-"))


def skip(why):
    print(f"skipped: {why}")
    shutil.rmtree(TOP, ignore_errors=True)
    sys.exit(77)


def fill_packages():
    wanted = (TEMPLATE / "requirements.txt").read_text()
    mark = PACKAGES / "requirements.txt"
    if mark.exists() and mark.read_text() == wanted:
        return
    shutil.rmtree(PACKAGES, ignore_errors=True)
    version = subprocess.run([PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True,
                             text=True, check=True).stdout.strip()
    done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(PACKAGES), "--only-binary",
                           ":all:", "--python-version", version, "-r", str(TEMPLATE / "requirements.txt")],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        skip("pip cannot install numpy and tokenizers: " + done.stderr.strip()[-200:])
    mark.write_text(wanted)


def make_repository():
    repository = TOP / "repository"
    shutil.copytree(TEMPLATE, repository)
    shutil.copytree(PACKAGES, repository / "packages")
    path = repository / DOCKERFILE
    lines = ["COPY packages /workspace/packages" if line.startswith("RUN pip") else line
             for line in path.read_text().splitlines()]
    assert "COPY packages /workspace/packages" in lines, "the template's Dockerfile has no RUN pip line any more"
    path.write_text("\n".join(lines) + "\n")
    return repository


def make_task():
    rows = [json.loads(line) for line in (DEMO / "data/gsm8k_train_1500.jsonl").read_text().splitlines()[:300]]
    (TOP / "train.json").write_text(json.dumps([{"instruct": r["question"], "output": r["answer"]} for r in rows]))
    demo = json.loads((DEMO / "task.json").read_text())
    data = {"model": "demo/base", "task_id": "template", "hours_to_complete": 0.1, "expected_repo_name": "adapter",
            "dataset": "https://example.org/train.json", "dataset_type": demo["dataset_type"], "file_format": "s3"}
    (TOP / "task.json").write_text(json.dumps({"training_data": data, "github_repo": "https://example.org/me/repository",
                                               "gpu_ids": [0], "hotkey": "hotkey"}))


def make_base_image():
    """FROM python:3.11-slim without a registry: this machine's interpreter, its library and what it is linked to."""
    root = TOP / "base"
    programs = [PYTHON, "/bin/sh"]
    modules = subprocess.run([PYTHON, "-c", "import sys; print('\\n'.join(p for p in sys.path if p))"],
                             capture_output=True, text=True, check=True).stdout.split()
    library = next(p for p in modules if p.endswith(("python3.11", "python3.12")) and "lib/python3" in p)
    files = {pathlib.Path(p).resolve() for p in programs} | set(pathlib.Path(library, "lib-dynload").glob("*.so"))
    for binary in list(files) + list(PACKAGES.rglob("*.so*")):
        listed = subprocess.run(["ldd", str(binary)], capture_output=True, text=True, check=False).stdout
        files |= {pathlib.Path(word) for word in listed.split() if word.startswith("/lib") or word.startswith("/usr/lib")}
    for file in files:
        target = root / str(file).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target, follow_symlinks=True)
    shutil.copytree(library, root / library.lstrip("/"), symlinks=False, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("test", "__pycache__", "dist-packages", "config-*", "ensurepip"))
    for link, real in (("usr/bin/python3", pathlib.Path(PYTHON).resolve()), ("bin/sh", pathlib.Path("/bin/sh").resolve())):
        target = root / link
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copy(real, target)
    (root / "tmp").mkdir()
    (TOP / "base.dockerfile").write_text("FROM scratch\nCOPY base /\nENV PATH=/usr/local/bin:/usr/bin:/bin\n")
    subprocess.run(["podman", "build", "--quiet", "--network", "none", "-t", "docker.io/library/python:3.11-slim", "-f",
                    str(TOP / "base.dockerfile"), str(TOP)], check=True, stdout=subprocess.DEVNULL)


def train(runner, repository):
    command = [str(BUILD / "bin/god"), "run-task", str(TOP / "task.json"), "--repo", str(repository), "--model",
               str(DEMO / "models/base"), "--data", str(TOP / "train.json"), "--runner", runner, "--memory", "4000000000",
               "--cpus", "2", "--json", "--out", str(TOP / runner)]
    if runner == "container":
        command += ["--runner-config", json.dumps({"processes_rlimit": 1024})]
    if runner == "slurm":
        command += ["--runner-config", json.dumps({"node_runner": "process", "poll_ms": 100})]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=550, check=False)
    assert done.returncode == 0, f"god run-task --runner {runner}: exit code {done.returncode}\n{done.stdout}"
    result = json.loads(done.stdout)
    assert result["outcome"] == "success" and result["acceptable"] and result["kind"] == "adapter", result
    print(f"{runner}: trained in {result['seconds']:.1f} s")
    return result["output"]


def make_zero_adapter(output):
    """The same adapter with B = 0: the loss of the base model."""
    zero = TOP / "zero"
    shutil.copytree(output, zero)
    path = zero / "adapter_model.safetensors"
    data = bytearray(path.read_bytes())
    length = int.from_bytes(data[:8], "little")
    for name, entry in json.loads(data[8:8 + length]).items():
        if name.endswith("lora_B.weight"):
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            data[begin:end] = bytes(end - begin)
    path.write_bytes(data)
    return zero


def evaluate(outputs):
    task = json.loads((DEMO / "task.json").read_text())
    task["use_kl"] = False
    (TOP / "evaluate.json").write_text(json.dumps(task))
    command = [str(BUILD / "bin/god"), "evaluate", "--task", str(TOP / "evaluate.json"), "--data",
               str(DEMO / "rows.jsonl"), "--base", str(DEMO / "models/base"), "--json", "--submission",
               f"base={make_zero_adapter(next(iter(outputs.values())))}"]
    for runner, output in outputs.items():
        command += ["--submission", f"{runner}={output}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"god evaluate: exit code {done.returncode}\n{done.stdout}"
    return json.loads(done.stdout)


def main():
    fill_packages()
    if "container" in RUNNERS and not (shutil.which("podman") and shutil.which("runc")):
        skip("podman or runc is not installed")
    repository = make_repository()
    make_task()
    if "container" in RUNNERS:
        (TOP / "containers.conf").write_text('[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'
                                             '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\n'
                                             'events_logger = "file"\n')
        os.environ["CONTAINERS_CONF"] = str(TOP / "containers.conf")
        make_base_image()
    if "slurm" in RUNNERS and (os.geteuid() != 0 or cluster.missing()):
        print(f"skipped on slurm: a cluster needs root and Slurm; missing: {' '.join(cluster.missing())}")
        RUNNERS.remove("slurm")
    nodes = cluster.Cluster(TOP / "cluster") if "slurm" in RUNNERS else None
    try:
        if nodes is not None:
            nodes.start()
        outputs = {runner: train(runner, repository) for runner in RUNNERS}
    finally:
        if nodes is not None:
            nodes.stop()
    result = evaluate(outputs)
    losses = {entry["name"]: entry["eval_loss"] for entry in result["results"] if entry.get("eval_loss") is not None}
    status = {entry["name"]: entry["status"] for entry in result["results"]}
    print("losses:", losses, "status:", status)
    for runner in RUNNERS:
        assert status[runner] == "ok" and losses[runner] < losses["base"], (runner, losses)
    assert len({losses[runner] for runner in RUNNERS}) == 1, "the same training gave other losses on another runner"


try:
    main()
finally:
    if shutil.which("podman") and "container" in RUNNERS:
        subprocess.run(["podman", "rmi", "-f", "docker.io/library/python:3.11-slim"], check=False, capture_output=True)
    shutil.rmtree(TOP, ignore_errors=True)
