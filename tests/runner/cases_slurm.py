"""Cases: what can happen on a cluster and nowhere else."""
import json
import os
import signal
import subprocess
import time

from harness import HANG, READY, SAVE, WAIT_FOR_GO, expect, processes, wait_for


def handle_of(run_dir):
    return json.loads((run_dir / "state.json").read_text())["handle"]


def result_of(run_dir):
    path = run_dir / "result.json"
    return path.read_text() if path.exists() else "no result"


def node_of(handle):
    return subprocess.run(["squeue", "-h", "-j", handle, "-o", "%N"], capture_output=True, text=True, check=True).stdout.strip()


def start_and_find(s, script=WAIT_FOR_GO):
    run_dir = s.make_run(script, time_limit_s=200)
    process = s.start(run_dir)
    wait_for(s.inside(run_dir, "started"), process)
    handle = handle_of(run_dir)
    return run_dir, process, handle, node_of(handle)


def hurry(run_dir, handle, condition, process, what):
    """Slurm lets a requeued job wait for two minutes; not here."""
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, f"{what}, and god-runner has ended: {result_of(run_dir)}"
        assert time.monotonic() < deadline, what
        subprocess.run(["scontrol", "update", f"jobid={handle}", "starttime=now"], check=False, capture_output=True)
        time.sleep(0.1)


def case_survives_a_lost_node(s):
    if s.slurm is None:
        return "this runner has no nodes"
    run_dir, process, handle, node = start_and_find(s)
    s.slurm.kill(node)
    marks = (f"slurmstepd: [{handle}.".encode(), f"god-runner\0{run_dir}/node".encode())
    for number, command, _ in processes():  # a node takes its processes with it
        if any(mark in command for mark in marks):
            os.kill(number, signal.SIGKILL)
    subprocess.run(["scontrol", "update", f"nodename={node}", "state=down", "reason=test"], check=True)
    hurry(run_dir, handle, lambda: node_of(handle) not in ("", node), process, "the job did not move to another node")
    (run_dir / "cache/go").write_text("")
    result = s.finish(run_dir, process)
    s.slurm.start_node(int(node[1:]))
    subprocess.run(["scontrol", "update", f"nodename={node}", "state=resume"], check=False, capture_output=True)
    s.slurm.wait(lambda: s.slurm.idle_count() == 4, "the node does not come back")
    expect(result, "success")
    assert (run_dir / "checkpoints/started").read_text() == "one\n", "what the lost node had written was kept"
    return None


def case_survives_a_requeue(s):
    if s.slurm is None:
        return "this runner has no queue"
    run_dir, process, handle, _ = start_and_find(s)
    began = s.inside(run_dir, "started").stat().st_mtime_ns
    subprocess.run(["scontrol", "requeue", handle], check=True)
    hurry(run_dir, handle, lambda: s.inside(run_dir, "started").exists() and s.inside(run_dir, "started").stat().st_mtime_ns != began,
          process, "the requeued job does not start again")
    (run_dir / "cache/go").write_text("")
    expect(s.finish(run_dir, process), "success")
    assert (run_dir / "checkpoints/started").read_text() == "one\n", "what the first start had written was kept"
    return None


def case_survives_preemption(s):
    """A job of a partition that goes before ours takes the nodes; ours is requeued and starts again after it."""
    if s.slurm is None:
        return "this runner has no queue"
    run_dir, process, handle, _ = start_and_find(s)
    began = s.inside(run_dir, "started").stat().st_mtime_ns
    urgent = subprocess.run(["sbatch", "--parsable", "--partition=urgent", "--nodes=4", "--exclusive", "--output=/dev/null",
                             "--wrap", "sleep 1000"], capture_output=True, text=True, check=True).stdout.strip()
    deadline = time.monotonic() + 60
    while subprocess.run(["squeue", "-h", "-j", urgent, "-o", "%T"], capture_output=True, text=True,
                         check=True).stdout.strip() != "RUNNING":
        assert time.monotonic() < deadline and process.poll() is None, "the urgent job does not start"
        time.sleep(0.1)
    subprocess.run(["scancel", urgent], check=True)
    hurry(run_dir, handle, lambda: s.inside(run_dir, "started").exists() and s.inside(run_dir, "started").stat().st_mtime_ns != began,
          process, "the preempted job does not start again")
    (run_dir / "cache/go").write_text("")
    expect(s.finish(run_dir, process), "success")
    return None


def case_tells_a_node_that_is_lost_for_good(s):
    """Without requeue a lost node ends the run; nobody waits for ever."""
    if s.slurm is None:
        return "this runner has no nodes"
    run_dir = s.make_run(HANG, config=s.config() | {"requeue": False})
    process = s.start(run_dir)
    wait_for(s.inside(run_dir, "started"), process)
    handle = handle_of(run_dir)
    node = node_of(handle)
    subprocess.run(["scontrol", "update", f"nodename={node}", "state=down", "reason=test"], check=True)
    result = s.finish(run_dir, process)
    subprocess.run(["scontrol", "update", f"nodename={node}", "state=resume"], check=False, capture_output=True)
    s.slurm.wait(lambda: s.slurm.idle_count() == 4, "the node does not come back")
    expect(result, "lost", "NODE_FAIL", "start it again")
    return None


def case_survives_a_dead_controller(s):
    if s.slurm is None:
        return "this runner has no controller"
    run_dir = s.make_run(WAIT_FOR_GO)
    process = s.start(run_dir)
    wait_for(s.inside(run_dir, "started"), process)
    # A controller that had not saved the job yet gives its number to the next one, and the node refuses that.
    saved, started = s.slurm.top / "state/job_state", s.inside(run_dir, "started").stat().st_mtime
    s.slurm.wait(lambda: saved.exists() and saved.stat().st_mtime > started, "the controller does not save its jobs")
    s.slurm.kill("slurmctld")
    (run_dir / "cache/go").write_text("")
    expect(s.finish(run_dir, process), "success")
    s.slurm.start_controller()
    s.slurm.wait(lambda: s.slurm.idle_count() == 4, "the controller does not come back")
    s.remove(run_dir)  # Slurm may have put it back into its queue
    return None


def case_waits_for_a_controller_that_is_not_there_yet(s):
    """The controller is away when a run is to be submitted: nothing is lost, the run is tried again later."""
    if s.slurm is None:
        return "this runner has no controller"
    s.slurm.kill("slurmctld")
    run_dir = s.make_run(SAVE + READY)
    process = s.start(run_dir)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 3 and "god-runner:" in errors, (process.returncode, errors)
    s.slurm.start_controller()
    s.slurm.wait(lambda: s.slurm.idle_count() == 4, "the controller does not come back")
    expect(s.finish(run_dir, s.start(run_dir)), "success")
    return None
