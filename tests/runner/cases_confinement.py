"""Cases: what a training is given, and what it cannot do or see. Asked from inside, by the training itself."""
import contextlib
import json
import os
import pathlib
import socket
import stat
import subprocess
import time

from harness import BASE_IMAGE, DOCKERFILE, HANG, READY, SAVE, expect, kill, log, wait_for

ENGINE_SETS = {"PATH", "HOME", "HOSTNAME", "TERM", "container", "PWD", "SHLVL", "OLDPWD", "_"}


def case_passes_what_it_was_told(s):
    run_dir = s.make_run('for word in "$@"; do echo "<$word>"; done\n'
                         "tr '\\0' '\\n' < /proc/1/environ | sed 's/^/variable /'\ncat /cache/data\npwd\n" + SAVE)
    (run_dir / "cache/data").write_text("cached\n")
    result = s.finish(run_dir, s.start(run_dir))
    expect(result, "success")
    lines = log(run_dir).splitlines()
    expected = ["--task-id", "task", "--words", "a b  c", "--json", '{"k": "\u00e9\\""}', "--empty", ""]
    assert [line[1:-1] for line in lines if line.startswith("<")] == expected, lines
    variables = dict(line[9:].split("=", 1) for line in lines if line.startswith("variable ") and "=" in line)
    assert set(variables) - ENGINE_SETS == {"WANDB_MODE", "SPACED", "RUN_OF"}, variables
    assert variables["SPACED"] == "x y" and "cached" in lines and "/work" in lines
    assert (run_dir / "checkpoints/task/model/adapter_model.safetensors").read_text() == "weights\n"
    assert result["exit_code"] == 0 and 0 < result["started_us"] <= result["ended_us"]


# Each line says what a stranger would like to do; what it should not be able to prints "no: WORD", and the rest "yes:".
PROBE = """
cat /proc/self/status
try() { word=$1; shift; if "$@" > /dev/null 2>&1; then echo "yes: $word"; else echo "no: $word"; fi; }
put() { ( echo x > "$1" ); }
open() { ( : >> "$1" ); }
try write-cache put /cache/x
try remount-cache busybox mount -o remount,rw /cache
try make-device busybox mknod /tmp/sda b 8 0
try mount-something busybox mount -t tmpfs none /tmp
try see-host ls TOP
try see-passwords cat /etc/shadow
try see-engine ls /run/podman/podman.sock /var/run/docker.sock
try kill-others kill -0 PID
try reach-host busybox nc -w 2 ADDRESS PORT
try reach-gateway busybox nc -w 2 GATEWAY PORT
try reach-internet busybox nc -w 2 192.0.2.1 80
try open-sysctl open /proc/sys/kernel/core_pattern
try open-cgroup open /sys/fs/cgroup/pids/pids.max
try open-cgroup-2 open /sys/fs/cgroup/pids.max
try open-sysrq open /proc/sysrq-trigger
try see-kernel-memory busybox head -c 1 /proc/kcore
try write-checkpoints put /app/checkpoints/mine
try write-temporary put /tmp/mine
busybox find / -xdev -name 'another-miners-*' 2>/dev/null
busybox find /app /cache -name 'another-miners-*' 2>/dev/null
busybox ls /dev | busybox sed 's/^/device /'
busybox ls /proc | busybox grep '^[0-9]' | busybox sed 's/^/process /'
busybox cut -f 2 /proc/net/route | busybox sed 's/^/route /'
busybox df -k /dev/shm | busybox tail -n 1 | busybox sed 's/^/shm /'
echo "files $(ulimit -n)"
"""
ALLOWED = {"write-checkpoints", "write-temporary"}
DEVICES = {"null", "zero", "full", "random", "urandom", "tty", "console", "ptmx", "pts", "shm", "mqueue", "fd", "stdin",
           "stdout", "stderr", "core"}


def own_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        with contextlib.suppress(OSError):
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
    return "127.0.0.1"


def case_confines(s):
    other = s.make_run("echo secret > /app/checkpoints/another-miners-work\n" + HANG)
    (other / "cache/another-miners-data").write_text("secret")
    beside = s.start(other)
    wait_for(s.inside(other, "started"), beside)
    with socket.create_server(("0.0.0.0", 0)) as listener:
        gateway = "127.0.0.1"
        if s.containers:
            networks = json.loads(s.podman("network", "inspect", f"god-net-{json.loads((other / 'run.json').read_text())['run_id']}"))
            gateway = networks[0]["subnets"][0]["gateway"] if "gateway" in networks[0]["subnets"][0] else \
                networks[0]["subnets"][0]["subnet"].rsplit(".", 1)[0] + ".1"
        probe = (PROBE.replace("TOP", str(s.top)).replace("PID", str(os.getpid())).replace("ADDRESS", own_address())
                 .replace("GATEWAY", gateway).replace("PORT", str(listener.getsockname()[1])))
        run_dir, result = s.run(probe + SAVE)
    kill(beside)
    s.remove(other)
    expect(result, "success")
    lines = log(run_dir).splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, f"{name} {status[name]}"
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status
    answers = dict(reversed(line.split(": ", 1)) for line in lines if line.startswith(("yes: ", "no: ")))
    assert len(answers) == PROBE.count("\ntry ") and {word for word in answers if answers[word] == "yes"} == ALLOWED, answers
    assert not [line for line in lines if "another-miners" in line], lines
    devices = {line[7:] for line in lines if line.startswith("device ")}
    assert devices and devices <= DEVICES, devices - DEVICES
    assert len([line for line in lines if line.startswith("process ")]) < 12, lines
    routes = [line[6:] for line in lines if line.startswith("route ")]
    assert routes and "00000000" not in routes, "there is a default route"
    if s.containers:
        assert int(next(line for line in lines if line.startswith("shm ")).split()[2]) == 32 << 10, lines
    assert "files 512" in lines


def read_from_host(path):
    return pathlib.Path(path).read_text().strip()


def case_has_the_limits_it_was_told(s):
    """The numbers of the control groups of the container, read from outside: what it was asked for is in force."""
    if not s.containers:
        return "this runner has no container; what its limits do is tested by limits_*"
    run_dir = s.make_run(HANG)
    process = s.start(run_dir)
    wait_for(s.inside(run_dir, "started"), process)
    handle = json.loads((run_dir / "state.json").read_text())["handle"]
    group = pathlib.Path("/sys/fs/cgroup")
    if (group / "cgroup.controllers").exists():
        found = next(group.glob(f"**/libpod-{handle}*"))
        memory, pids, cpu = (read_from_host(found / name) for name in ("memory.max", "pids.max", "cpu.max"))
        assert cpu == "100000 100000", cpu
    else:
        memory, pids, quota = (read_from_host(group / name.replace("ID", f"libpod_parent/libpod-{handle}")) for name in
                               ("memory/ID/memory.limit_in_bytes", "pids/ID/pids.max", "cpu/ID/cpu.cfs_quota_us"))
        assert quota == "100000", quota
    assert (memory, pids) == (str(256 << 20), "64"), (memory, pids)
    kill(process)
    s.remove(run_dir)
    return None


# ---- GPUs ----

KIND = "god-test.example/gpu"
LIST_GPUS = "busybox ls /dev | busybox grep '^nvidia[0-9]' | busybox sed 's/^/gpu /'\n"


@contextlib.contextmanager
def gpus_of_an_engine(s):
    """Of the Container Device Interface: 0 to 3 and one are as they should be, 8 and two bring another along, 9 none."""
    nodes = {str(i): [i] for i in range(4)} | {"8": [8, 1], "9": [], "GPU-one": [2], "GPU-two": [2, 3]}
    devices = []
    for name, numbers in nodes.items():
        for number in numbers:
            path = s.top / f"gpu{number}"
            if not path.exists():
                os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        devices.append({"name": name, "containerEdits": {"env": [] if numbers else ["NOTHING=here"], "deviceNodes": [
            {"path": f"/dev/nvidia{n}", "hostPath": f"{s.top}/gpu{n}", "type": "c", "major": 1, "minor": 3} for n in numbers]}})
    folder = pathlib.Path("/var/run/cdi")
    made = not folder.exists()
    folder.mkdir(exist_ok=True)
    spec = folder / f"{s.name}.json"
    spec.write_text(json.dumps({"cdiVersion": "0.3.0", "kind": KIND, "devices": devices}))
    try:
        yield
    finally:
        spec.unlink()
        if made:
            folder.rmdir()


@contextlib.contextmanager
def gpus_of_the_machine():
    """/dev/nvidia0 to 3, which lead nowhere."""
    paths = [f"/dev/nvidia{i}" for i in range(4)]
    for path in paths:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    try:
        yield
    finally:
        for path in paths:
            os.unlink(path)


def gpus_inside(s, gpu_ids):
    config = s.config() | ({"gpu_kind": KIND} if s.containers else {})
    run_dir, result = s.run(LIST_GPUS + SAVE, gpu_ids=gpu_ids, config=config)
    return result, [line[4:] for line in log(run_dir).splitlines() if line.startswith("gpu ")]


def case_sees_only_its_gpus(s):
    if os.geteuid() != 0 or os.path.exists("/dev/nvidia0"):
        return "device files that lead nowhere need root and a machine without GPUs"
    if s.runner == "docker-api":
        with gpus_of_an_engine(s):  # which Podman below 5.4 ignores in Docker's words: then it must be refused
            _, result = s.run(SAVE + READY + "while true; do sleep 1; done\n", gpu_ids=["2"], config=s.config() | {"gpu_kind": KIND})
        expect(result, "not_confined", "GPU 2 is assigned, and it is not there inside")
        return None
    with gpus_of_an_engine(s) if s.containers else gpus_of_the_machine():
        for gpu_ids in (["2"], ["0", "3"], *([["GPU-one"]] if s.containers else [])) if s.runner != "slurm" else (["0"], ["0", "1"]):
            result, seen = gpus_inside(s, gpu_ids)
            expect(result, "success")
            if s.runner == "slurm":  # which two of its own Slurm takes is Slurm's choice
                assert len(seen) == len(gpu_ids), seen
            else:
                assert seen == [f"nvidia{i.replace('GPU-one', '2')}" for i in gpu_ids], (gpu_ids, seen)
        result, seen = gpus_inside(s, [])
        expect(result, "success")
        assert not seen, seen
    return None


def case_is_stopped_when_it_sees_other_gpus(s):
    if s.runner != "container" or os.geteuid() != 0:
        return "what another runner shows inside is ours alone"
    with gpus_of_an_engine(s):
        for gpu_ids, sentence in ((["8"], "GPU 1 is not assigned, and it is there inside"),
                                  (["GPU-two"], "1 GPUs are assigned, and 2 are there inside"),
                                  (["0", "9"], "GPU 9 is assigned, and it is not there inside")):
            run_dir, result = s.run(SAVE + READY + "while true; do sleep 1; done\n", gpu_ids=gpu_ids,
                                    config=s.config() | {"gpu_kind": KIND})
            expect(result, "not_confined", sentence)
    return None


# ---- environment servers ----

SERVER = {"image": BASE_IMAGE, "command": ["nc", "-ll", "-p", "8000", "-e", "hostname"]}
ASK = """ask() { at=${1#http://}; busybox nc -w "$2" "${at%:*}" "${at#*:}" < /dev/null; }
n=0; until answer=$(ask "${ENVIRONMENT_SERVER_URLS%%,*}" 5) && [ -n "$answer" ] || [ $n -ge 50 ]; do n=$((n+1)); sleep 0.1; done
"""


def case_reaches_only_its_own_environment_servers(s):
    if not s.containers:
        run_dir = s.make_run(SAVE, sidecars=[SERVER])
        process = s.start(run_dir)
        _, errors = process.communicate(timeout=60)
        if s.runner == "process":
            assert process.returncode == 2 and "environment servers" in errors, errors
        return "this runner has no images"
    servers = [SERVER, SERVER]
    other = s.make_run('echo "$ENVIRONMENT_SERVER_URLS" > /app/checkpoints/urls\n' + HANG, sidecars=servers)
    beside = s.start(other)
    wait_for(s.inside(other, "started"), beside)
    run_dir = s.make_run(ASK + 'echo "urls $ENVIRONMENT_SERVER_URLS"\nfor url in $(echo "$ENVIRONMENT_SERVER_URLS" | tr , " "); '
                         'do echo "mine $(ask $url 5)"; done\necho "theirs $(ask $(cut -d , -f 1 /cache/urls) 2)"\n' + SAVE,
                         sidecars=servers)
    (run_dir / "cache/urls").write_text((other / "checkpoints/urls").read_text())
    process = s.start(run_dir)
    expect(s.finish(run_dir, process), "success")
    kill(beside)
    s.remove(other)
    lines = log(run_dir).splitlines()
    urls = next(line for line in lines if line.startswith("urls ")).split()[1].split(",")
    mine = [line[5:] for line in lines if line.startswith("mine ")]
    assert len(urls) == 2 and all(url.startswith("http://10.") and url.endswith(":8000") for url in urls), urls
    assert len(mine) == 2 and all(mine) and mine[0] != mine[1], lines
    assert "theirs " in lines, f"another miner's environment server answers: {lines}"
    return None


def case_fetches_the_image_of_an_environment_server(s):
    """By tag and by digest, when it is not there; and what is said when it cannot be had."""
    if s.runner != "container":
        return "this runner has no images" if not s.containers else "as with the other interface of the engine"
    registry = s.start_registry()
    tagged, exact = f"{registry.address}/games/server:2", f"{registry.address}/games/other@{registry.digest}"
    for images in ((exact,), (tagged, tagged)):
        run_dir, result = s.run(SAVE, sidecars=[{"image": image} for image in images])
        expect(result, "success")
        said = (run_dir / "pull.log").read_text()
        assert f"pulling {images[0]}: " in said and said.endswith(f"\npulled {images[0]}\n"), said
        if images[0] == exact:
            s.podman("rmi", "--force", exact)
    assert len([path for path in registry.asked if path.endswith("/games/server/manifests/2")]) == 1, registry.asked
    asked = len(registry.asked)
    expect(s.run(SAVE, sidecars=[{"image": tagged}])[1], "success")
    assert len(registry.asked) == asked, "what is there was asked for again"
    s.podman("rmi", "--force", tagged)
    for image, limit_s, words in ((f"{registry.address}/missing/server:2", 60, "manifest unknown"),
                                  (f"{registry.address}/slow/server:2", 1, "it is not there after 1 seconds")):
        run_dir = s.make_run(SAVE, sidecars=[{"image": image}], config=s.config() | {"pull_time_limit_s": limit_s})
        process = s.start(run_dir)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 3 and words in errors, errors
        assert f'"{image}"' in errors and "pull it by hand" in errors and "trainer.environments" in errors, errors
        s.remove(run_dir)
    registry.close()
    return None


# ---- limits ----

BOMB = SAVE + "n=0\nwhile [ $n -lt 300 ]; do sleep 100 & n=$((n+1)); done\necho forked-all\n"


def case_limits_processes(s):
    run_dir, result = s.run(BOMB, time_limit_s=30)
    assert "forked-all" not in log(run_dir), "300 processes were possible, pids_max is 64"
    expect(result, "failed", "exit status 2", "limit of processes")


def case_limits_open_files(s):
    run_dir, result = s.run("ulimit -n\n" + SAVE)
    expect(result, "success")
    assert "512" in log(run_dir).split()


def case_limits_memory(s):
    _, result = s.run(SAVE + "busybox awk 'BEGIN { s = \"xxxxxxxxxxxxxxxx\"; while (length(s) < 1500000000) s = s s; "
                      "print length(s) }'\n")
    if s.containers:
        expect(result, "out_of_memory", "268435456 bytes")
    else:
        assert result["outcome"] in ("out_of_memory", "failed"), result


def case_builds_without_network(s):
    if not s.containers:
        return "this runner does not build"
    _, result = s.run(SAVE, dockerfile=f"FROM {BASE_IMAGE}\nCOPY train.sh /work/train.sh\n"
                      'RUN cat /proc/net/route; test $(cat /proc/net/route | wc -l) -le 1; id -u; cat /proc/self/status\n'
                      'ENTRYPOINT ["/bin/sh", "/work/train.sh"]\n')
    expect(result, "success")
    return None


def case_refuses_strangers(s):
    if s.containers:
        return "containers take strangers"
    run_dir = s.make_run(SAVE, trusted=False)
    process = s.start(run_dir)
    _, errors = process.communicate(timeout=60)
    if s.runner == "slurm":  # the node says no; Slurm knows only that the job failed
        result = json.loads((run_dir / "result.json").read_text())
        expect(result, "lost", "without a result", "trusted repositories only")
    else:
        assert process.returncode == 2 and "trusted repositories only" in errors, errors
    return None


def case_starts_an_engine_of_its_own(s):
    """No socket is configured and none is there: `podman system service` is started, and ends with the run."""
    if s.runner != "container":
        return "only containers need an engine"
    if os.path.exists("/run/podman/podman.sock") or os.path.exists("/var/run/docker.sock"):
        return "an engine listens on its usual socket here"
    run_dir = s.make_run("exit 0\n", dockerfile="FROM scratch\nCOPY missing /missing\n", config={})
    environment = {name: value for name, value in os.environ.items() if name != "DOCKER_HOST"}
    process = s.start(run_dir, env=environment)
    expect(s.finish(run_dir, process), "build_failed", "missing")
    # Killed, it takes the engine with it.
    run_dir = s.make_run(SAVE, config={}, dockerfile="FROM scratch\nCOPY missing /missing\n")
    process = s.start(run_dir, env=environment)
    deadline = time.monotonic() + 30
    while not (run_dir / "podman.sock").exists():
        assert process.poll() is None and time.monotonic() < deadline, "no engine is started"
        time.sleep(0.001)
    kill(process)
    return None
