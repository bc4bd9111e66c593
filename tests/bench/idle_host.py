#!/usr/bin/env python3
"""What a host costs that has nothing to do: start time, memory and processor with many jobs in its store, and how
quickly a finished job moves on.

usage: tests/bench/idle_host.py GOD [--seconds 30] [--finished 10000] [--open 1000]

The open jobs are of a kind that nobody here executes, as they are while a trainer or a chain is away; as many finished
job folders as finished jobs lie in the spool. Ends with 1 when a bound is missed (start under 1 s, below 1 % of a core,
40 MiB resident, 100 ms from a job's end to the turn that uses it).
"""
import argparse
import json
import os
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration", "api"))
from host import Host



def fill(store, finished, waiting):
    """Rows as a month of tournaments leaves them."""
    db = sqlite3.connect(store)
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
    row = ("INSERT INTO jobs (kind, key, state, payload, result, not_before, created_at, updated_at, ended_at) "
           "VALUES (?, ?, ?, '{\"task_id\": \"t\"}', ?, ?, ?, ?, ?)")
    db.executemany(row, (("notify", f"notify/bench/{i}", "done", "{}", now, now, now, now) for i in range(finished)))
    db.executemany(row, (("play_pair", f"play_pair/bench/{i}", "queued", None, now, now, now, None)
                         for i in range(waiting)))
    db.commit()
    db.close()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def moments(store):
    """Seconds from the end of the job that read the nodes to the turn that wrote them down."""
    db = sqlite3.connect(store)
    ended = db.execute("SELECT ended_at FROM jobs WHERE kind = 'refresh_nodes' AND state = 'done'").fetchone()
    used = db.execute("SELECT min(last_updated) FROM nodes").fetchone()
    db.close()
    if ended is None or used is None or used[0] is None:
        return None
    seconds = [time.mktime(time.strptime(t[:19], "%Y-%m-%dT%H:%M:%S")) + float(t[19:-1]) for t in (ended[0], used[0])]
    return seconds[1] - seconds[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("god")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--finished", type=int, default=10000)
    parser.add_argument("--open", type=int, default=1000)
    args = parser.parse_args()
    host = Host(args.god)
    root = host.folder.name
    nodes = os.path.join(root, "nodes.json")
    with open(nodes, "w") as out:
        json.dump({"nodes": [{"hotkey": f"hk{i}", "coldkey": "c", "ip": "10.0.0.1", "port": 7999}
                             for i in range(256)]}, out)
    host.run_once()  # makes the schema
    with open(host.config, "a") as out:
        out.write(f"tournament: {{types: [text, image, environment], nodes: \"{nodes}\"}}\n")
    fill(host.store, args.finished, args.open)
    for i in range(args.finished):
        os.makedirs(os.path.join(root, "state", "jobs", "done", f"bench-{i}"))
    began = time.monotonic()
    with host:
        start = time.monotonic() - began
        time.sleep(3)  # the first turns
        pid, before, from_when = host.process.pid, cpu_seconds(host.process.pid), time.monotonic()
        time.sleep(args.seconds)
        share = (cpu_seconds(pid) - before) / (time.monotonic() - from_when)
        resident, moved_on = resident_mib(pid), moments(host.store)
        host.stop()
    print(f"start to ready        {start * 1000:.0f} ms")
    print(f"resident memory       {resident:.1f} MiB")
    print(f"processor, idle       {share * 100:.3f} % of a core over {args.seconds:.0f} s")
    print("finished job to turn  " + ("unknown" if moved_on is None else f"{moved_on * 1000:.1f} ms"))
    return 0 if start < 1 and resident < 40 and share < 0.01 and moved_on is not None and moved_on < 0.1 else 1


sys.exit(main())
