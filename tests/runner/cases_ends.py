"""Cases: each way in which a training can end, the miner's fault or the machine's, and what is said about it."""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

from harness import (BASE_IMAGE, DOCKERFILE, HANG, READY, SAVE, TRAINING, WAIT_FOR_GO, expect, kill, log, phase_of,
                     processes, wait_for, wait_for_phase)


FILL = "dd if=/dev/zero of=%s/big%d bs=1000000 count=15 2>/dev/null\n"


# ---- the build ----

def case_tells_a_failed_build(s):
    _, result = s.run(SAVE, dockerfile=f"FROM {BASE_IMAGE}\nCOPY missing /missing\nENTRYPOINT [\"/missing\"]\n")
    expect(result, "build_failed", "missing")


def case_tells_a_missing_dockerfile(s):
    run_dir = s.make_run(SAVE)
    (run_dir / "source" / DOCKERFILE).unlink()
    result = s.finish(run_dir, s.start(run_dir))
    expect(result, "build_failed", "standalone-text-trainer.dockerfile")


def case_tells_a_program_that_is_missing(s):
    _, result = s.run(SAVE, dockerfile=f"FROM {BASE_IMAGE}\nCOPY train.sh /work/train.sh\nENTRYPOINT [\"/no/such\"]\n")
    if s.containers:
        expect(result, "failed", "check its ENTRYPOINT", "/no/such")
    else:
        expect(result, "failed", "exit status")


HANGING_BUILD = f"FROM {BASE_IMAGE}\nRUN echo begun; sleep 1000\nENTRYPOINT [\"/bin/sh\"]\n"


def case_stops_a_build_that_hangs(s):
    if not s.containers:
        return "this runner does not build"
    run_dir, result = s.run(dockerfile=HANGING_BUILD, build_time_limit_s=2)
    expect(result, "build_failed", "exceeded 2 seconds")
    assert "begun" in (run_dir / "build.log").read_text()
    return None


def case_stops_a_build_that_fills_the_disk(s):
    if s.runner != "container":
        return "this runner does not build" if not s.containers else "as with the other interface of the engine"
    fill = "RUN " + FILL.strip() % ("/work", 1) + "\nRUN " + FILL.strip() % ("/tmp", 2) + "; echo filled; sleep 1000\n"
    run_dir, result = s.run(dockerfile=f"FROM {BASE_IMAGE}\n{fill}ENTRYPOINT [\"/bin/sh\"]\n",
                            build_disk_bytes_max=20 << 20)
    expect(result, "build_failed", "the build wrote more than 20 MiB (28 MiB when it was stopped)", "see build.log")
    assert "filled" in (run_dir / "build.log").read_text()
    return None


def wait_for_build(run_dir, process, word):
    deadline = time.monotonic() + 60
    while not (run_dir / "build.log").exists() or word not in (run_dir / "build.log").read_text():
        assert process.poll() is None and time.monotonic() < deadline, "the build does not begin"
        time.sleep(0.01)


def case_cancels_a_build(s):
    if not s.containers:
        return "this runner does not build"
    for word in ("STEP 2", "\nbegun"):  # before its step is started, and after
        run_dir = s.make_run(dockerfile=HANGING_BUILD)
        process = s.start(run_dir)
        wait_for_build(run_dir, process, word)
        process.send_signal(signal.SIGTERM)
        expect(s.finish(run_dir, process), "cancelled", "while the image was built")
    return None


# ---- the training ----

def case_tells_a_crash(s):
    _, result = s.run("echo Traceback\necho 'ValueError: the tokenizer has no pad token'\nexit 3\n")
    expect(result, "failed", "exit status 3", "ValueError: the tokenizer has no pad token")
    assert result["exit_code"] == 3
    _, result = s.run("kill -SEGV $$\n" if s.containers else "sh -c 'kill -SEGV $$'\n")
    assert result["outcome"] in ("failed", "bad_output"), result


def case_says_what_a_miner_may_have_overlooked(s):
    _, result = s.run("busybox wget -T 2 http://example.org/model || echo x > /cache/x\n")
    expect(result, "failed", "/cache cannot")


def case_stops_at_the_time_limit_and_keeps_what_is_saved(s):
    run_dir, result = s.run(HANG, time_limit_s=2)
    expect(result, "time_limit", "2 s")
    assert (run_dir / "checkpoints/task/model/adapter_model.safetensors").exists()


def case_tells_a_hang_that_saved_nothing(s):
    _, result = s.run("trap '' TERM INT HUP\nwhile true; do sleep 1; done\n", time_limit_s=1)
    expect(result, "bad_output", "killed at the time limit of 1 s, and the training left no folder")


def case_stops_a_full_disk(s):
    _, result = s.run(SAVE + FILL % ("/app/checkpoints", 1) + FILL % ("/app/checkpoints", 2) + "while true; do sleep 1; done\n",
                      disk_bytes_max=20 << 20, time_limit_s=120)
    expect(result, "disk_full", "to /app/checkpoints", "20971520 are allowed")


def case_stops_a_full_disk_elsewhere(s):
    """What is written into the container itself counts too."""
    fill = SAVE + FILL % ("/work", 1) + FILL % ("/tmp", 2) + "echo filled\nwhile true; do sleep 1; done\n"
    run_dir, result = s.run(fill if s.containers else SAVE + FILL.replace("15", "400") % ("/tmp", 1) + "exit 9\n",
                            disk_bytes_max=20 << 20, time_limit_s=120)
    if s.containers:
        expect(result, "disk_full", "elsewhere", "20971520 are allowed")
    else:  # there only memory can be written to, and a file ends where the disk share ends
        expect(result, "failed", "exit status")
    assert run_dir.exists()


def case_cuts_a_flood_of_output(s):
    run_dir, result = s.run(SAVE + "yes line | head -c 3000000\necho the end\n")
    expect(result, "success")
    text = log(run_dir)
    assert len(text) < 100200 and "the log is cut here" in text


def case_refuses_an_output_that_leads_elsewhere(s):
    _, result = s.run(SAVE + "ln -s /etc/passwd /app/checkpoints/task/model/config.json\n")
    expect(result, "bad_output", "config.json", "symbolic link")
    _, result = s.run("mkdir -p /app/checkpoints/task\nln -s /cache /app/checkpoints/task/model\n")
    expect(result, "bad_output", "/app/checkpoints/task/model")


def case_refuses_no_output(s):
    _, result = s.run("exit 0\n")
    expect(result, "bad_output", "left no folder /app/checkpoints/task/model")
    _, result = s.run("mkdir -p /app/checkpoints/task/model\n")
    expect(result, "bad_output", "is empty")


def case_cancels(s):
    run_dir = s.make_run(HANG)
    process = s.start(run_dir)
    wait_for(s.inside(run_dir, "started"), process)
    process.send_signal(signal.SIGTERM)
    expect(s.finish(run_dir, process), "cancelled")


# ---- the host ----

def started_once(run_dir):
    lines = (run_dir / "checkpoints/started").read_text()
    assert lines == "one\n", f"the training was started {lines.count('one')} times"


def case_survives_its_own_death(s):
    run_dir = s.make_run(WAIT_FOR_GO)
    process = s.start(run_dir)
    wait_for(s.inside(run_dir, "started"), process)
    if s.runner == "process":
        wait_for_phase(run_dir, process, "training")
    kill(process)
    again = s.start(run_dir)
    (run_dir / "cache/go").write_text("")
    result = s.finish(run_dir, again)
    if s.runner == "process":
        expect(result, "lost", "start it again")
    else:
        expect(result, "success")
        started_once(run_dir)


def case_survives_its_death_at_every_step(s):
    """god-runner is killed when it enters each phase, and a little later; it goes on each time and trains once."""
    if s.runner == "process":
        return "this runner's trainings end with it"
    if s.containers:
        run_dir = s.make_run(dockerfile=HANGING_BUILD)
        process = s.start(run_dir)
        wait_for_build(run_dir, process, "\nbegun")
        kill(process)
        spec = json.loads((run_dir / "run.json").read_text())
        (run_dir / "run.json").write_text(json.dumps(spec | {"build_time_limit_s": 1}))
        expect(s.finish(run_dir, s.start(run_dir)), "build_failed", "exceeded 1 seconds")
    phases = ("building", "starting", "training", "collecting") if s.containers else ("starting", "training")
    for phase in phases:
        run_dir = s.make_run(SAVE + READY)
        process = s.start(run_dir)
        wait_for_phase(run_dir, process, phase, "ended")
        time.sleep(random.choice((0, 0.01, 0.05, 0.2)))  # anywhere in the phase
        kill(process)
        expect(s.finish(run_dir, s.start(run_dir)), "success")
        started_once(run_dir)
    return None


def case_survives_the_death_of_the_engine(s):
    if not s.containers:
        return "this runner has no engine"
    run_dir = s.make_run(WAIT_FOR_GO)
    process = s.start(run_dir)
    wait_for(s.inside(run_dir, "started"), process)
    wait_for_phase(run_dir, process, "training")
    s.kill_engine()
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 3 and "god-runner:" in errors, (process.returncode, errors)
    s.start_engine()
    (run_dir / "cache/go").write_text("")
    expect(s.finish(run_dir, s.start(run_dir)), "success")
    started_once(run_dir)
    return None


def case_survives_the_death_of_the_engine_at_the_start(s, delays=(0.0, 0.1, 0.2)):
    """The engine is killed while it makes and starts the container: never two trainings, and in the end one result."""
    if not s.containers:
        return "this runner has no engine"
    for delay in delays:
        run_dir = s.make_run(SAVE + READY)
        process = s.start(run_dir)
        wait_for_phase(run_dir, process, "starting", "training", "ended")
        time.sleep(delay)
        s.kill_engine()
        process.communicate(timeout=120)
        s.start_engine()
        while process.returncode == 3:
            process = s.start(run_dir)
            process.communicate(timeout=120)
        expect(s.finish(run_dir, s.start(run_dir)), "success")
        started_once(run_dir)
    return None


def case_survives_the_death_of_the_engine_in_a_build(s):
    """Before a step and in it: what the engine leaves then, builder, mount and folders, is not left by us."""
    if s.runner != "container":
        return "this runner does not build" if not s.containers else "as with the other interface of the engine"
    for word, goes_on in (("STEP 2", True), ("\nbegun", False)):
        run_dir = s.make_run(SAVE, dockerfile=HANGING_BUILD)
        process = s.start(run_dir)
        wait_for_build(run_dir, process, word)
        s.kill_engine()
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 3 and "god-runner:" in errors, (process.returncode, errors)
        s.start_engine()
        if goes_on:
            (run_dir / "source" / DOCKERFILE).write_text(TRAINING)
            expect(s.finish(run_dir, s.start(run_dir)), "success")
        else:
            s.remove(run_dir)
    return None


def case_tells_a_machine_that_was_started_anew(s):
    """Power loss: the container's processes are gone at once, and so is what the engine had in /run."""
    if s.runner != "container":
        return "only an engine remembers what ran before"
    run_dir = s.make_run(HANG)
    process = s.start(run_dir)
    wait_for(s.inside(run_dir, "started"), process)
    wait_for_phase(run_dir, process, "training")
    kill(process)
    s.kill_engine()
    for number, command, environment in processes():
        if number != os.getpid() and s.name.encode() in command + environment:
            os.kill(number, signal.SIGKILL)
    for line in reversed(pathlib.Path("/proc/self/mountinfo").read_text().splitlines()):
        if line.split()[4].startswith((f"{s.top}/storage/", f"{s.top}/run/")):
            subprocess.run(["umount", "-l", line.split()[4]], check=False)
    for group in s.container_cgroups():
        for path in [*(str(below) for below in pathlib.Path(group).glob("*/")), group]:
            os.rmdir(path)
    for folder in (s.top / "run", s.top / "tmp", f"/run/runc/{json.loads((run_dir / 'state.json').read_text())['handle']}"):
        shutil.rmtree(folder)
    s.start_engine()
    expect(s.finish(run_dir, s.start(run_dir)), "lost", "started anew", "start it again")
    return None


def case_removes_what_a_dead_run_left(s):
    run_dir = s.make_run(HANG)
    process = s.start(run_dir)
    wait_for(s.inside(run_dir, "started"), process)
    kill(process)
    s.remove(run_dir)
    assert phase_of(run_dir) in ("starting", "training")
