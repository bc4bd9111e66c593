"""One suite for every runner: what a training is given, what it cannot do, and how each kind of end is told.

    conformance.py BUILD_DIR RUNNER [CASE ...]      RUNNER: container, docker-api, process, slurm
    conformance.py BUILD_DIR RUNNER --runs 200      the faults again and again; the machine must be as it was

Prints a line per case. Exit code 0: all passed, 1: some failed, 77: the runner is not possible on this machine (and why).
Needs Python's standard library, busybox (static), for containers podman with runc, and for slurm its daemons: a cluster
of four nodes is started on this host (cluster.py).
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

import cluster

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(sys.argv[1]).resolve()
RUNNER = sys.argv[2]
GOD_RUNNER = BUILD / "libexec/god/god-runner"
DOCKERFILE = "dockerfiles/standalone-text-trainer.dockerfile"
TOP = pathlib.Path(tempfile.mkdtemp(prefix="god-runner-"))
CONTAINERS = RUNNER in ("container", "docker-api")
engine = None
slurm = None
count = 0


def skip(why):
    print(f"skipped: {why}")
    shutil.rmtree(TOP, ignore_errors=True)
    sys.exit(77)


# ---- the engine ----

CONF = """[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


def start_engine():
    global engine
    engine = subprocess.Popen(["podman", "system", "service", "--time", "0", f"unix://{TOP}/engine.sock"],
                              stdout=subprocess.DEVNULL, stderr=(TOP / "engine.log").open("ab"))
    deadline = time.monotonic() + 60
    while subprocess.run(["curl", "-sf", "--unix-socket", f"{TOP}/engine.sock", "http://d/_ping"], check=False,
                         stdout=subprocess.DEVNULL).returncode != 0:
        if engine.poll() is not None or time.monotonic() > deadline:
            skip("podman system service does not start: " + (TOP / "engine.log").read_text()[-300:])
        time.sleep(0.05)


def prepare():
    if not shutil.which("busybox"):
        skip("busybox is not installed (package busybox-static)")
    if CONTAINERS:
        for program in ("podman", "runc", "curl"):
            if not shutil.which(program):
                skip(f"{program} is not installed")
        (TOP / "containers.conf").write_text(CONF)
        os.environ["CONTAINERS_CONF"] = str(TOP / "containers.conf")
        start_engine()
        return
    if RUNNER == "slurm":
        start_cluster()
    if subprocess.run(["bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"], check=False,
                        capture_output=True).returncode != 0:
        skip("bubblewrap cannot make name spaces on this machine")


def start_cluster():
    global slurm
    if os.geteuid() != 0 or cluster.missing():
        skip(f"a cluster needs root and Slurm; missing: {' '.join(cluster.missing())}")
    slurm = cluster.Cluster(TOP / "cluster")
    slurm.start()


# ---- runs ----

APPLETS = "sh cat mkdir grep ln dd sleep seq yes head wc ls ulimit awk test rm touch".split()


def make_source(script, dockerfile=None):
    global count
    count += 1
    source = TOP / f"run{count}" / "source"
    (source / "dockerfiles").mkdir(parents=True)
    shutil.copy(shutil.which("busybox"), source / "busybox")
    (source / "train.sh").write_text(script)
    copies = "".join(f"COPY busybox /bin/{name}\n" for name in APPLETS) if CONTAINERS else ""
    (source / DOCKERFILE).write_text(dockerfile if dockerfile is not None else
                                     f"FROM scratch\n{copies}COPY train.sh /work/train.sh\nWORKDIR /work\n"
                                     'ENTRYPOINT ["/bin/sh", "/work/train.sh"]\n')
    return source


def make_run(script="", dockerfile=None, **changes):
    source = make_source(script, dockerfile)
    run_dir = source.parent
    (run_dir / "cache").mkdir()
    config = {}
    if CONTAINERS:
        config = {"socket": f"{TOP}/engine.sock", "processes_rlimit": 1024}
        if RUNNER == "docker-api":
            config["api"] = "docker"
    if RUNNER == "slurm":
        config = {"node_runner": "process", "poll_ms": 100}
    spec = {"version": 1, "run_id": f"test-{os.getpid()}-{count}", "runner": "container" if CONTAINERS else RUNNER,
            "config": config, "trusted": True, "source_dir": str(source), "dockerfile": DOCKERFILE,
            "argv": ["--task-id", "task", "--words", "a b  c", "--json", '{"k": "\u00e9\\""}', "--empty", ""],
            "env": ["WANDB_MODE=offline", "SPACED=x y"], "cache_dir": str(run_dir / "cache"), "output": "task/model",
            "labels": {"task_id": "task"}, "gpu_ids": [], "memory_bytes": 256 << 20, "nano_cpus": 1000000000,
            "shm_bytes": 32 << 20, "pids_max": 64, "open_files_max": 512, "disk_bytes_max": 64 << 20,
            "log_bytes_max": 100000, "build_network": False, "build_time_limit_s": 120, "time_limit_s": 60, "sidecars": []}
    spec.update(changes)
    (run_dir / "run.json").write_text(json.dumps(spec))
    return run_dir


def start(run_dir):
    return subprocess.Popen([str(GOD_RUNNER), str(run_dir)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(run_dir, process):
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, f"god-runner: {process.returncode} {errors}"
    result = json.loads((run_dir / "result.json").read_text())
    assert result["phase"] == "ended"
    return result


def run(script="", **changes):
    run_dir = make_run(script, **changes)
    return run_dir, finish(run_dir, start(run_dir))


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


def inside(run_dir, name):
    """A file of /app/checkpoints while the training runs."""
    return run_dir / ("node/checkpoints" if RUNNER == "slurm" else "checkpoints") / name


def log(run_dir):
    return (run_dir / "training.log").read_text(errors="replace")


SAVE = "mkdir -p /app/checkpoints/task/model\necho weights > /app/checkpoints/task/model/adapter_model.safetensors\n"
READY = "echo one >> /app/checkpoints/started\n"
HANG = SAVE + READY + "while true; do sleep 1; done\n"


# ---- what is left ----

def machine():
    """What a run could leave behind: processes below us, mounts, engine objects."""
    mounts = sorted(line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
                    if "overlay-containers" in line or "god-run" in line or str(TOP) in line)
    found = {"mounts": mounts, "processes": []}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if "/work/train.sh" in command or "god-runner " in command or "conmon" in command or "slurmstepd" in command:
                found["processes"].append(command[:100])
    if CONTAINERS:
        for name, arguments in (("containers", ["ps", "-aq"]), ("images", ["images", "-aq"]),
                                ("networks", ["network", "ls", "-q"]), ("volumes", ["volume", "ls", "-q"])):
            done = subprocess.run(["podman", *arguments], capture_output=True, text=True, check=True)
            found[name] = sorted(done.stdout.split())
    return found


def settled(before):
    """What is there once everything that is ending has ended."""
    deadline = time.monotonic() + (30 if RUNNER == "slurm" else 5)
    while (after := machine()) != before and time.monotonic() < deadline:
        time.sleep(0.1)
    return after


# ---- cases ----

def case_passes_what_it_was_told():
    run_dir = make_run('for word in "$@"; do echo "<$word>"; done\nexport -p\ncat /cache/data\npwd\n' + SAVE)
    (run_dir / "cache/data").write_text("cached\n")
    result = finish(run_dir, start(run_dir))
    expect(result, "success")
    text = log(run_dir)
    expected = ["--task-id", "task", "--words", "a b  c", "--json", '{"k": "\u00e9\\""}', "--empty", ""]
    given = [line[1:-1] for line in text.splitlines() if line.startswith("<")]
    assert given == expected, given
    names = {line.split("=")[0].split()[-1] for line in text.splitlines() if line.startswith("export ")}
    engine_sets = {"PATH", "HOME", "HOSTNAME", "TERM", "container", "PWD", "SHLVL", "OLDPWD"}
    assert names - engine_sets == {"WANDB_MODE", "SPACED"}, names
    assert "export SPACED='x y'" in text and "cached" in text.splitlines() and "/work" in text.splitlines()
    assert (run_dir / "checkpoints/task/model/adapter_model.safetensors").read_text() == "weights\n"
    assert result["exit_code"] == 0 and 0 < result["started_us"] <= result["ended_us"]


def case_confines():
    other = make_run(SAVE)
    (other / "checkpoints/task").mkdir(parents=True)
    (other / "checkpoints/task/secret").write_text("another miner's work")
    run_dir, result = run("cat /proc/self/status\necho x > /cache/x || echo cache-is-read-only\n"
                          "cat /proc/net/route\nls /app/checkpoints\nls " + str(TOP) + " || echo host-is-invisible\n"
                          "cat /etc/shadow || echo no-shadow\n"
                          "cat /proc/1/environ > /dev/null && echo own-init\n" + SAVE)
    expect(result, "success")
    text = log(run_dir)
    status = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, f"{name} {status[name]}"
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status
    routes = [line.split() for line in text.splitlines() if line.endswith("0") and "\t" in line and ":" not in line]
    assert not [r for r in routes if len(r) > 7 and r[1] == "00000000"], "there is a default route"
    for word in ("cache-is-read-only", "host-is-invisible", "no-shadow"):
        assert word in text, f"{word} is missing: {text}"
    assert "secret" not in text


def case_limits_processes():
    run_dir, result = run(SAVE + "n=0\nwhile [ $n -lt 300 ]; do sleep 100 & n=$((n+1)); done\necho forked-all\n",
                          time_limit_s=30)
    if not CONTAINERS:
        # RLIMIT_NPROC would count the processes of the whole user; bubblewrap's name space ends them all instead.
        expect(result, "success")
    else:
        assert "forked-all" not in log(run_dir), "300 processes were possible, pids_max is 64"


def case_limits_open_files():
    run_dir, result = run("ulimit -n\n" + SAVE)
    expect(result, "success")
    assert "512" in log(run_dir).split()


def case_limits_memory():
    _, result = run(SAVE + "awk 'BEGIN { s = \"xxxxxxxxxxxxxxxx\"; while (length(s) < 1500000000) s = s s; print length(s) }'\n")
    assert result["outcome"] in ("out_of_memory", "failed"), result


def case_tells_a_failed_build():
    _, result = run(SAVE, dockerfile="FROM scratch\nCOPY missing /missing\nENTRYPOINT [\"/missing\"]\n")
    expect(result, "build_failed", "missing")


def case_tells_a_missing_dockerfile():
    run_dir = make_run(SAVE)
    (run_dir / "source" / DOCKERFILE).unlink()
    result = finish(run_dir, start(run_dir))
    expect(result, "build_failed", "standalone-text-trainer.dockerfile")


def case_builds_without_network():
    if not CONTAINERS:
        return "this runner does not build"
    copies = "".join(f"COPY busybox /bin/{name}\n" for name in APPLETS)
    run_dir, result = run(SAVE, dockerfile=f"FROM scratch\n{copies}COPY train.sh /work/train.sh\n"
                          'RUN ["/bin/sh", "-c", "cat /proc/net/route; test $(cat /proc/net/route | wc -l) -le 1"]\n'
                          'ENTRYPOINT ["/bin/sh", "/work/train.sh"]\n')
    expect(result, "success")


def case_tells_a_crash():
    _, result = run("echo Traceback\necho 'ValueError: the tokenizer has no pad token'\nexit 3\n")
    expect(result, "failed", "exit status 3", "ValueError: the tokenizer has no pad token")
    assert result["exit_code"] == 3


def case_stops_at_the_time_limit_and_keeps_what_is_saved():
    run_dir, result = run(HANG, time_limit_s=2)
    expect(result, "time_limit", "2 s")
    assert (run_dir / "checkpoints/task/model/adapter_model.safetensors").exists()


def case_stops_a_full_disk():
    _, result = run(SAVE + "dd if=/dev/zero of=/app/checkpoints/big bs=1000000 count=100\nwhile true; do sleep 1; done\n",
                    disk_bytes_max=20 << 20, time_limit_s=30)
    if not CONTAINERS:  # dd meets the file size limit before the folder is measured
        assert result["outcome"] in ("disk_full", "time_limit"), result
    else:
        expect(result, "disk_full", "holds more than")


def case_cuts_a_flood_of_output():
    run_dir, result = run(SAVE + "yes line | head -c 3000000\necho the end\n")
    expect(result, "success")
    text = log(run_dir)
    assert len(text) < 100200 and "the log is cut here" in text


def case_refuses_an_output_that_leads_elsewhere():
    _, result = run(SAVE + "ln -s /etc/passwd /app/checkpoints/task/model/config.json\n")
    expect(result, "bad_output", "config.json", "symbolic link")
    _, result = run("mkdir -p /app/checkpoints/task\nln -s /cache /app/checkpoints/task/model\n")
    expect(result, "bad_output", "/app/checkpoints/task/model")


def case_refuses_no_output():
    _, result = run("exit 0\n")
    expect(result, "bad_output", "left no folder /app/checkpoints/task/model")
    _, result = run("mkdir -p /app/checkpoints/task/model\n")
    expect(result, "bad_output", "is empty")


def case_cancels():
    run_dir = make_run(HANG)
    process = start(run_dir)
    wait_for(inside(run_dir, "started"), process)
    process.send_signal(signal.SIGTERM)
    expect(finish(run_dir, process), "cancelled")


def case_survives_its_own_death():
    run_dir = make_run(SAVE + READY + "while [ ! -e /app/checkpoints/go ]; do sleep 1; done\n")
    process = start(run_dir)
    wait_for(inside(run_dir, "started"), process)
    wait_for(run_dir / "state.json", process)
    process.kill()
    process.communicate()
    again = start(run_dir)
    inside(run_dir, "go").write_text("")
    result = finish(run_dir, again)
    if RUNNER == "process":
        expect(result, "lost", "start it again")
    else:
        expect(result, "success")
        assert (run_dir / "checkpoints/started").read_text() == "one\n", "the training was started twice"


def wait_for_training(run_dir, process):
    """Until god-runner itself has written down that the training runs."""
    deadline = time.monotonic() + 60
    while json.loads((run_dir / "state.json").read_text())["phase"] != "training":
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)


def case_survives_the_death_of_the_engine():
    if not CONTAINERS:
        return "this runner has no engine"
    run_dir = make_run(SAVE + READY + "while [ ! -e /app/checkpoints/go ]; do sleep 1; done\n")
    process = start(run_dir)
    wait_for(inside(run_dir, "started"), process)
    wait_for_training(run_dir, process)
    engine.kill()
    engine.wait()
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 3 and "god-runner:" in errors, (process.returncode, errors)
    start_engine()
    inside(run_dir, "go").write_text("")
    expect(finish(run_dir, start(run_dir)), "success")
    assert (run_dir / "checkpoints/started").read_text() == "one\n", "the training was started twice"


def case_refuses_strangers():
    if CONTAINERS:
        return "containers take strangers"
    run_dir = make_run(SAVE, trusted=False)
    process = start(run_dir)
    _, errors = process.communicate(timeout=60)
    if RUNNER == "slurm":  # the node says no; Slurm knows only that the job failed
        result = json.loads((run_dir / "result.json").read_text())
        expect(result, "lost", "without a result")
        assert "trusted repositories only" in (run_dir / "slurm.log").read_text()
    else:
        assert process.returncode == 2 and "trusted repositories only" in errors, errors


def case_survives_a_lost_node():
    if RUNNER != "slurm":
        return "this runner has no nodes"
    run_dir = make_run(SAVE + READY + "while [ ! -e /cache/go ]; do sleep 1; done\n", time_limit_s=200)
    process = start(run_dir)
    wait_for(inside(run_dir, "started"), process)
    handle = json.loads((run_dir / "state.json").read_text())["handle"]
    show = ["squeue", "-h", "-j", handle, "-o", "%N"]
    node = subprocess.run(show, capture_output=True, text=True, check=True).stdout.strip()
    slurm.kill(node)
    for word in (f"slurmstepd: [{handle}.", f"god-runner {run_dir}/node"):  # a node takes its processes with it
        for pid in pathlib.Path("/proc").iterdir():
            if pid.name.isdigit():
                try:
                    command = (pid / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                except OSError:
                    continue
                if word in command:
                    os.kill(int(pid.name), signal.SIGKILL)
    subprocess.run(["scontrol", "update", f"nodename={node}", "state=down", "reason=test"], check=True)
    time_up = time.monotonic() + 120
    while subprocess.run(show, capture_output=True, text=True, check=True).stdout.strip() in ("", node):
        assert time.monotonic() < time_up and process.poll() is None, "the job did not move to another node"
        # Slurm lets a requeued job wait for two minutes; not here.
        subprocess.run(["scontrol", "update", f"jobid={handle}", "starttime=now"], check=False, capture_output=True)
        time.sleep(0.2)
    (run_dir / "cache/go").write_text("")
    result = finish(run_dir, process)
    slurm.start_node(int(node[1:]))
    subprocess.run(["scontrol", "update", f"nodename={node}", "state=resume"], check=True)
    expect(result, "success")


def case_survives_a_dead_controller():
    if RUNNER != "slurm":
        return "this runner has no controller"
    run_dir = make_run(SAVE + READY + "while [ ! -e /app/checkpoints/go ]; do sleep 1; done\n")
    process = start(run_dir)
    wait_for(inside(run_dir, "started"), process)
    slurm.kill("slurmctld")
    inside(run_dir, "go").write_text("")
    expect(finish(run_dir, process), "success")
    slurm.start_controller()
    slurm.wait(lambda: slurm.idle_count() == 4, "the controller does not come back")


def case_removes_what_a_dead_run_left():
    if RUNNER == "process":
        return "nothing outlives this runner"
    run_dir = make_run(HANG)
    process = start(run_dir)
    wait_for(inside(run_dir, "started"), process)
    process.kill()
    process.communicate()
    subprocess.run([str(GOD_RUNNER), "--remove", str(run_dir)], check=True, timeout=120)


CASES = {name[5:]: function for name, function in list(globals().items()) if name.startswith("case_")}
FAULTS = ["passes_what_it_was_told", "tells_a_failed_build", "tells_a_crash", "cancels",
          "refuses_an_output_that_leads_elsewhere", "survives_its_own_death", "removes_what_a_dead_run_left",
          "limits_processes"]


def main():
    prepare()
    before, failed = machine(), 0
    names = sys.argv[3:]
    if names[:1] == ["--runs"]:
        names = [FAULTS[i % len(FAULTS)] for i in range(int(names[1]))]
    for name in names or CASES:
        began = time.monotonic()
        try:
            note = CASES[name]()
            after = settled(before)
            assert after == before, f"left behind: {after} instead of {before}"
            print(f"{'passed' if note is None else 'skipped'} {name} ({time.monotonic() - began:.1f} s)"
                  + (f": {note}" if note else ""), flush=True)
        except (AssertionError, subprocess.SubprocessError) as error:
            failed += 1
            print(f"FAILED {name}: {error}", flush=True)
            before = machine()
    print(f"{RUNNER}: {failed} failed")
    return failed


try:
    CODE = 1 if main() else 0
finally:
    if slurm is not None:
        slurm.stop()
    if engine is not None:
        engine.kill()
        engine.wait()
    shutil.rmtree(TOP, ignore_errors=True)
sys.exit(CODE)
