"""Dispatch of many short trainings on a Slurm cluster of four nodes (tests/runner/cluster.py, all on this host).

    slurm_dispatch.py BUILD_DIR [JOBS] [WAITING]

Each job takes a whole node and ends at once. WAITING jobs beyond the four that can run are kept in Slurm's queue, so that
a node that becomes free finds its next job there. From the log of Slurm's controller comes how long a node stays without
a job while jobs are waiting: from the end of one, or the submission of the next where that is later, to the allocation of
the next. Exit code 1: a run failed, or a node was
idle for a second.
"""
import collections
import datetime
import json
import pathlib
import re
import shutil
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "runner"))
from harness import SAVE, Scene, Skip  # noqa: E402

NODES = 4


def run_all(scene, jobs, waiting):
    """Results of all, in the order in which they end."""
    alive, results, started = {}, [], 0
    while len(results) < jobs:
        while started < jobs and len(alive) < NODES + waiting:
            run_dir = scene.make_run(SAVE, nano_cpus=2000000000, memory_bytes=64 << 20,
                                     config={"node_runner": "process", "poll_ms": 100})
            alive[run_dir] = scene.start(run_dir)
            started += 1
        for run_dir, process in list(alive.items()):
            if process.poll() is not None:
                _, errors = process.communicate()
                path = run_dir / "result.json"
                results.append(json.loads(path.read_text()) if path.exists() else {"outcome": errors})
                del alive[run_dir]
                shutil.rmtree(run_dir)
        time.sleep(0.01)
    return results


LINE = re.compile(r"\[(\S+)\] (?:sched: Allocate JobId=(?P<begins>\d+) NodeList=(?P<node>n\d)|"
                  r"_slurm_rpc_submit_batch_job: JobId=(?P<submitted>\d+)|_job_complete: JobId=(?P<ends>\d+) done)")


def idle_gaps(log):
    """Seconds from the end of a job on a node, or from the moment the next one was submitted, to the next one's allocation
    there."""
    node_of, submitted, freed, gaps = {}, {}, {}, []
    for line in log.splitlines():
        found = LINE.match(line)
        if not found:
            continue
        moment = datetime.datetime.fromisoformat(found[1]).timestamp()
        if found["submitted"]:
            submitted[found["submitted"]] = moment
        elif found["begins"]:
            node_of[found["begins"]] = found["node"]
            if found["node"] in freed:
                gaps.append(moment - max(freed.pop(found["node"]), submitted.get(found["begins"], 0)))
        elif found["ends"] in node_of:
            freed[node_of[found["ends"]]] = moment
    return gaps


def main():
    jobs = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    waiting = int(sys.argv[3]) if len(sys.argv) > 3 else 16
    scene = Scene(sys.argv[1], "slurm")
    try:
        scene.prepare()
        began = time.monotonic()
        results = run_all(scene, jobs, waiting)
        took = time.monotonic() - began
        log = (scene.top / "cluster/slurmctld.log").read_text(errors="replace")
    except Skip as why:
        print(f"skipped: {why}")
        return 77
    finally:
        scene.close()
    outcomes = collections.Counter(result["outcome"] for result in results)
    every = sorted(idle_gaps(log))
    load = pathlib.Path("/proc/loadavg").read_text().split()[0]
    print(f"{jobs} jobs in {took:.0f} s, {jobs / took:.1f} per second, load {load}: {dict(outcomes)}")
    print(f"idle between jobs of a node, {len(every)} gaps: median {1000 * statistics.median(every):.0f} ms, "
          f"99 of 100 {1000 * every[len(every) * 99 // 100]:.0f} ms, longest {1000 * every[-1]:.0f} ms, "
          f"over a second: {sum(gap > 1 for gap in every)}")
    return 0 if outcomes == {"success": jobs} and every[-1] <= 1 else 1


if __name__ == "__main__":
    sys.exit(main())
