"""What the cases of conformance.py stand on: an engine or a cluster of their own, runs, and a look at what is left.

A Scene owns a folder; everything it makes is in it or carries its name, so that it does not mistake somebody else's
containers for its own. Podman gets its own storage there, and one image with busybox that every Dockerfile begins with.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import cluster
import registry

DOCKERFILE = "dockerfiles/standalone-text-trainer.dockerfile"
BASE_IMAGE = "localhost/god-test:1"
SERVE = ["/bin/nc", "-ll", "-p", "8000", "-e", "hostname"]
TRAINING = (f"FROM {BASE_IMAGE}\nCOPY train.sh /work/train.sh\nWORKDIR /work\n"
            'ENTRYPOINT ["/bin/sh", "/work/train.sh"]\n')
SAVE = "mkdir -p /app/checkpoints/task/model\necho weights > /app/checkpoints/task/model/adapter_model.safetensors\n"
READY = "echo one >> /app/checkpoints/started\n"
HANG = SAVE + READY + "while true; do sleep 1; done\n"
WAIT_FOR_GO = SAVE + READY + "while [ ! -e /cache/go ]; do sleep 0.1; done\n"
CONF = """[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


class Skip(Exception):
    """This runner is not possible on this machine; says why."""


def processes():
    """(number, command line, environment) of every process that can be looked at."""
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                yield int(entry.name), (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
            except OSError:
                continue


class Scene:
    def __init__(self, build, runner):
        self.build, self.runner = pathlib.Path(build).resolve(), runner
        self.containers = runner in ("container", "docker-api")
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="god-runner-"))
        self.name = self.top.name
        self.engine = self.slurm = None
        self.count = 0

    # ---- opening and closing ----

    def prepare(self):
        if not shutil.which("busybox"):
            raise Skip("busybox is not installed (package busybox-static)")
        if self.containers:
            for program in ("podman", "runc", "curl"):
                if not shutil.which(program):
                    raise Skip(f"{program} is not installed")
            self.prepare_engine()
            return
        if self.runner == "slurm":
            if os.geteuid() != 0 or cluster.missing():
                raise Skip(f"a cluster needs root and Slurm; missing: {' '.join(cluster.missing())}")
            self.slurm = cluster.Cluster(self.top / "cluster")
            self.slurm.start()
        if subprocess.run(["bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"], check=False,
                          capture_output=True).returncode != 0:
            raise Skip("bubblewrap cannot make name spaces on this machine")

    def prepare_engine(self):
        (self.top / "containers.conf").write_text(CONF)
        os.environ["CONTAINERS_CONF"] = str(self.top / "containers.conf")
        self.start_engine()
        image = self.top / "image"
        (image / "bin").mkdir(parents=True)
        for folder in ("tmp", "work"):
            (image / folder).mkdir()
        shutil.copy(shutil.which("busybox"), image / "bin/busybox")
        for name in subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split():
            if name != "busybox":
                (image / "bin" / name).symlink_to("busybox")
        subprocess.run(["tar", "-C", str(image), "-cf", str(self.top / "image.tar"), "."], check=True)
        self.podman("import", str(self.top / "image.tar"), BASE_IMAGE)

    def close(self):
        if self.slurm is not None:
            self.slurm.stop()
        if self.engine is not None:
            self.kill_engine()
            for name in self.podman("network", "ls", "-q").split():
                if f"test-{os.getpid()}-" in name:
                    self.podman("network", "rm", "-f", name)
        for number, command, environment in processes():  # of cases that failed
            if number != os.getpid() and self.name.encode() in command + environment:
                os.kill(number, signal.SIGKILL)
        for line in reversed(pathlib.Path("/proc/self/mountinfo").read_text().splitlines()):
            if str(self.top) in line.split()[4]:
                subprocess.run(["umount", "-l", line.split()[4]], check=False)
        shutil.rmtree(self.top, ignore_errors=True)

    # ---- the engine ----

    def podman_command(self, *words):
        return ["podman", "--root", f"{self.top}/storage", "--runroot", f"{self.top}/run", "--tmpdir", f"{self.top}/tmp",
                *words]

    def podman(self, *words):
        done = subprocess.run(self.podman_command(*words), capture_output=True, text=True, check=False, cwd=self.top)
        assert done.returncode == 0, f"podman {words[0]}: {done.stderr}"
        return done.stdout

    def start_engine(self):
        socket = self.top / "engine.sock"
        socket.unlink(missing_ok=True)
        with (self.top / "engine.log").open("ab") as log:
            self.engine = subprocess.Popen(self.podman_command("system", "service", "--time", "0", f"unix://{socket}"),
                                           stdout=log, stderr=log, cwd=self.top)
        deadline = time.monotonic() + 60
        while subprocess.run(["curl", "-sf", "--unix-socket", str(socket), "http://d/_ping"], check=False,
                             stdout=subprocess.DEVNULL).returncode != 0:
            if self.engine.poll() is not None or time.monotonic() > deadline:
                raise Skip("podman system service does not start: " + (self.top / "engine.log").read_text()[-300:])
            time.sleep(0.02)

    def kill_engine(self):
        self.engine.kill()
        self.engine.wait()

    def start_registry(self):
        """A registry that the engine, started anew, may talk to without TLS; the caller closes it."""
        found = registry.Registry((self.top / "image.tar").read_bytes(), SERVE)
        self.kill_engine()
        (self.top / "registries.conf").write_text(f'[[registry]]\nlocation = "{found.address}"\ninsecure = true\n')
        os.environ["CONTAINERS_REGISTRIES_CONF"] = str(self.top / "registries.conf")
        self.start_engine()
        return found

    # ---- runs ----

    def make_source(self, run_dir, script, dockerfile):
        source = run_dir / "source"
        (source / "dockerfiles").mkdir(parents=True)
        (source / "train.sh").write_text(script)
        (source / DOCKERFILE).write_text(dockerfile if dockerfile is not None else TRAINING)
        return source

    def config(self):
        if self.containers:
            return {"socket": f"{self.top}/engine.sock", "processes_rlimit": 1024,
                    "api": "docker" if self.runner == "docker-api" else "podman"}
        return {"node_runner": "process", "poll_ms": 50, "ask_ms": 200} if self.runner == "slurm" else {}

    def make_run(self, script="", dockerfile=None, **changes):
        self.count += 1
        run_dir = self.top / f"run{self.count}"
        source = self.make_source(run_dir, script, dockerfile)
        (run_dir / "cache").mkdir()
        spec = {"version": 1, "run_id": f"test-{os.getpid()}-{self.count}",
                "runner": "container" if self.containers else self.runner, "config": self.config(), "trusted": True,
                "source_dir": str(source), "dockerfile": DOCKERFILE,
                "argv": ["--task-id", "task", "--words", "a b  c", "--json", '{"k": "\u00e9\\""}', "--empty", ""],
                "env": ["WANDB_MODE=offline", "SPACED=x y", f"RUN_OF={self.name}"], "cache_dir": str(run_dir / "cache"),
                "output": "task/model", "labels": {"task_id": "task"}, "gpu_ids": [], "memory_bytes": 256 << 20,
                "nano_cpus": 1000000000, "shm_bytes": 32 << 20, "pids_max": 64, "open_files_max": 512,
                "disk_bytes_max": 64 << 20, "log_bytes_max": 100000, "build_network": False, "build_time_limit_s": 120,
                "time_limit_s": 60, "sidecars": []}
        spec.update(changes)
        (run_dir / "run.json").write_text(json.dumps(spec))
        return run_dir

    def start(self, run_dir, **options):
        return subprocess.Popen([str(self.build / "libexec/god/god-runner"), str(run_dir)], stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True, cwd=self.top, **options)

    def finish(self, run_dir, process):
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, f"god-runner: {process.returncode} {errors}"
        result = json.loads((run_dir / "result.json").read_text())
        assert result["phase"] == "ended"
        return result

    def run(self, script="", **changes):
        run_dir = self.make_run(script, **changes)
        return run_dir, self.finish(run_dir, self.start(run_dir))

    def remove(self, run_dir):
        subprocess.run([str(self.build / "libexec/god/god-runner"), "--remove", str(run_dir)], check=True, timeout=120,
                       cwd=self.top)

    def inside(self, run_dir, name):
        """A file of /app/checkpoints while the training runs."""
        return run_dir / ("node/checkpoints" if self.runner == "slurm" else "checkpoints") / name

    # ---- what is left ----

    def own_processes(self):
        known = {os.getpid(), self.engine.pid if self.engine is not None else 0}
        if self.slurm is not None:
            known |= {process.pid for process in self.slurm.processes.values()}
        mark = self.name.encode()
        return sorted(command.replace(b"\0", b" ").decode(errors="replace")[:120]
                      for number, command, environment in processes()
                      if number not in known and b"slurmscriptd" not in command and
                      (mark in command + environment or mark in self.root_of(number)))

    def root_of(self, number):
        """Where the root of a process is mounted from: that of a step of a build has no other sign of the scene."""
        try:
            return next((line for line in pathlib.Path(f"/proc/{number}/mountinfo").read_bytes().splitlines()
                         if line.split()[4] == b"/"), b"") if self.containers else b""
        except OSError:
            return b""

    def machine(self):
        """What a run could leave behind, anywhere on this machine."""
        run_mark = f"test-{os.getpid()}-"
        mounts = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        found = {"mounts": sorted(line.split()[4] for line in mounts if str(self.top) in line and not line.split()[4].endswith("/storage/overlay")),
                 "processes": self.own_processes(), "files": [], "cgroups": []}
        for place in ("/etc/cni/net.d", "/var/lib/cni/networks", "/run", "/tmp", "/dev/shm"):
            if os.path.isdir(place):
                found["files"] += sorted(f"{place}/{name}" for name in os.listdir(place) if run_mark in name)
        found["cgroups"] = sorted(f"{place}/{name}" for place, names, _ in os.walk("/sys/fs/cgroup") for name in names
                                  if run_mark in name)
        if self.containers:
            found["cgroups"] += self.container_cgroups()
            found["files"] += self.builders_files(run_mark.encode())
            found["containers"] = sorted(self.podman("ps", "-aq", "--external").split())
            found["images"] = sorted(self.podman("images", "-aq").split())
            found["volumes"] = sorted(self.podman("volume", "ls", "-q").split())
            found["networks"] = [name for name in self.podman("network", "ls", "-q").split() if run_mark in name]
            found["layers"] = len(list((self.top / "storage/overlay").glob("*/diff")))
            found["files"] += self.empty_folders()
            rules = subprocess.run(["iptables-save"], capture_output=True, text=True, check=False).stdout
            found["firewall"] = sorted(line for line in rules.splitlines() if run_mark in line)
        if self.slurm is not None:
            queue = subprocess.run(["squeue", "-h", "-o", "%j"], capture_output=True, text=True, check=False).stdout
            found["queue"] = sorted(queue.split())
        return found

    @staticmethod
    def builders_files(run_mark):
        """Podman's folders of builds in /var/tmp: what a step was started with, and what was sent to be built."""
        found = []
        for name in ("buildah*/config.json", "libpod_builder*/tarBall"):
            for path in pathlib.Path("/var/tmp").glob(name):
                try:
                    with path.open("rb") as file:
                        found += [str(path)] if run_mark in file.read(1 << 16) else []
                except FileNotFoundError:  # somebody else's, gone by now
                    continue
        return sorted(found)

    def empty_folders(self):
        """Folders of steps that were never filled, made since this scene began: nothing says whose they are."""
        began = self.top.joinpath("containers.conf").stat().st_mtime
        return sorted(str(path) for path in pathlib.Path("/var/tmp").glob("buildah*")
                      if path.is_dir() and not any(path.iterdir()) and path.stat().st_mtime > began)

    def container_cgroups(self):
        """Of containers of runs that this scene has made."""
        handles = []
        for state in self.top.glob("run*/state.json"):
            try:
                handles.append(json.loads(state.read_text())["handle"])
            except ValueError:
                continue
        return sorted(str(path) for handle in handles if handle
                      for path in pathlib.Path("/sys/fs/cgroup").glob(f"*/libpod_parent/libpod-{handle}"))

    def settled(self, before):
        """What is there once everything that is ending has ended."""
        deadline = time.monotonic() + 10
        while (after := self.machine()) != before and time.monotonic() < deadline:
            time.sleep(0.1)
        return after


def expect(result, outcome, *pieces):
    assert result["outcome"] == outcome, f"{result['outcome']} instead of {outcome}: {result['message']}"
    for piece in pieces:
        assert piece in result["message"], f"\"{piece}\" is not in: {result['message']}"


def wait_for(path, process):
    """Until the training itself has made this file."""
    deadline = time.monotonic() + 120
    while not path.exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline, f"{path} does not appear"
        time.sleep(0.01)


def phase_of(run_dir):
    try:
        return json.loads((run_dir / "state.json").read_text())["phase"]
    except FileNotFoundError:
        return "new"


def wait_for_phase(run_dir, process, *phases):
    """Until god-runner has written down one of these."""
    deadline = time.monotonic() + 120
    while (phase := phase_of(run_dir)) not in phases:
        assert process.poll() is None and time.monotonic() < deadline, f"it is {phase}, not {phases}"
        time.sleep(0.002)


def kill(process):
    process.kill()
    process.communicate()


def log(run_dir):
    return (run_dir / "training.log").read_text(errors="replace")
