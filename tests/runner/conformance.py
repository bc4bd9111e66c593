"""One suite for every runner: what a training is given, what it cannot do, and how each kind of end is told.

    conformance.py BUILD_DIR RUNNER [CASE ...]      RUNNER: container, docker-api, process, slurm
    conformance.py BUILD_DIR RUNNER --runs 200      the faults again and again; the machine must be as it was

Prints a line per case. Exit code 0: all passed, 1: some failed, 77: the runner is not possible on this machine (and why).
Needs Python's standard library, busybox (static), for containers podman with runc, and for slurm its daemons: a cluster
of four nodes is started on this host (cluster.py). After each case the machine must be as before it: no container, image,
layer, network, volume, mount, firewall rule, control group, process, queued job or file of it is left.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import cases_confinement
import cases_ends
import cases_slurm
from harness import Scene, Skip

CASES = {name[5:]: function for module in (cases_confinement, cases_ends, cases_slurm)
         for name, function in vars(module).items() if name.startswith("case_")}
ONLY_BY_NAME = {"waits_for_a_controller_that_is_not_there_yet"}  # a minute of Slurm's own patience
FAULTS = ["tells_a_failed_build", "tells_a_crash", "tells_a_hang_that_saved_nothing", "limits_processes",
          "stops_a_full_disk", "stops_a_full_disk_elsewhere", "cuts_a_flood_of_output",
          "refuses_an_output_that_leads_elsewhere", "cancels", "survives_its_own_death", "removes_what_a_dead_run_left",
          "stops_a_build_that_hangs", "stops_a_build_that_fills_the_disk", "cancels_a_build", "survives_its_death_at_every_step",
          "survives_the_death_of_the_engine", "survives_the_death_of_the_engine_at_the_start",
          "survives_the_death_of_the_engine_in_a_build", "survives_a_lost_node",
          "survives_a_requeue", "survives_preemption", "survives_a_dead_controller"]


def figures(scene):
    """Counts of the whole machine, whoever made what is counted, and of the scene."""
    counts = {name: len(found) if isinstance(found, list) else found for name, found in scene.machine().items()}
    disk = shutil.disk_usage("/")
    counts["machine: mounts"] = len(pathlib.Path("/proc/self/mountinfo").read_text().splitlines())
    counts["machine: interfaces"] = len(os.listdir("/sys/class/net"))
    counts["machine: control groups"] = sum(1 for _ in os.walk("/sys/fs/cgroup"))
    counts["scene: files"] = sum(len(files) for _, _, files in os.walk(scene.top))
    counts["machine: disk used, MiB"] = disk.used >> 20
    return counts


def run_case(scene, name, before):
    """Prints its line. Returns 0 when it passed."""
    began = time.monotonic()
    try:
        note = CASES[name](scene)
        after = scene.settled(before)
        assert after == before, "left behind: " + str({key: after[key] for key in after if after[key] != before[key]})
        print(f"{'passed' if note is None else 'skipped'} {name} ({time.monotonic() - began:.1f} s)"
              + (f": {note}" if note else ""), flush=True)
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        print(f"FAILED {name}: {error!r}", flush=True)
        return 1
    return 0


def run_many(scene, before, runs):
    """Until that many runs were made, counting every repository that was started, or SIGTERM comes."""
    failed = i = 0
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    began, first = time.monotonic(), figures(scene)
    while scene.count < runs and not stopped:
        failed += run_case(scene, FAULTS[i % len(FAULTS)], before)
        for run_dir in scene.top.glob("run[0-9]*"):
            shutil.rmtree(run_dir)
        i += 1
    last = figures(scene)
    load = pathlib.Path("/proc/loadavg").read_text().split()[0]
    print(f"{scene.count} runs in {time.monotonic() - began:.0f} s, load {load}, {failed} cases failed")
    for name in first:
        print(f"  {name}: {first[name]} before, {last[name]} after")
    return failed


def main():
    scene = Scene(sys.argv[1], sys.argv[2])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    try:
        scene.prepare()
        before, failed = scene.machine(), 0
        if sys.argv[3:4] == ["--runs"]:
            failed = run_many(scene, before, int(sys.argv[4]))
        else:
            for name in sys.argv[3:] or sorted(set(CASES) - ONLY_BY_NAME, key=list(CASES).index):
                if run_case(scene, name, before) != 0:
                    failed, before = failed + 1, scene.machine()
        print(f"{scene.runner}: {failed} failed")
        return 1 if failed else 0
    except Skip as why:
        print(f"skipped: {why}")
        return 77
    finally:
        scene.close()


if __name__ == "__main__":
    sys.exit(main())
