#!/usr/bin/env python3
"""Jobs that no host executes: a program of somebody's own takes and answers them, or they fail in time.

usage: test_outside_work.py GOD
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration", "api"))
from host import Host
from jobs import add, await_end, god_job, show


def write(host, value):
    path = os.path.join(host.folder.name, "result.json")
    with open(path, "w") as out:
        json.dump(value, out)
    return path


def check_answers(host):
    add(host, "set_weights", "1", {"netuid": 56, "weights": {}})
    add(host, "play_alone", "2", {"eval_seed": 7})
    status, text = god_job(host, "take", "play_pair,set_weights", "--for", "10", "--owner", "a bridge")
    taken = json.loads(text)
    assert status == 0 and taken["key"] == "set_weights/1" and taken["payload"]["netuid"] == 56, text
    job, fence = str(taken["job_id"]), str(taken["fence"])
    assert show(host, job)["state"] == "running" and show(host, job)["owner"] == "outside:a bridge"
    assert god_job(host, "take", "set_weights")[0] == 2  # there is only one
    assert god_job(host, "renew", job, "--fence", fence, "--for", "20")[0] == 0
    result = write(host, {"accepted": True})
    assert god_job(host, "answer", job, "--fence", "99", "--result", result)[0] == 2
    assert god_job(host, "answer", job, "--fence", fence)[0] == 2
    assert god_job(host, "answer", job, "--fence", fence, "--result", write(host, [1]))[0] == 2
    assert show(host, job)["state"] == "running"
    assert god_job(host, "answer", job, "--fence", fence, "--result", write(host, {"accepted": True}))[0] == 0
    assert show(host, job)["state"] == "done" and show(host, job)["result"] == {"accepted": True}
    assert god_job(host, "renew", job, "--fence", fence)[0] == 2
    taken = json.loads(god_job(host, "take", "play_alone")[1])
    assert god_job(host, "answer", str(taken["job_id"]), "--fence", str(taken["fence"]), "--failed", "no games")[0] == 0
    assert show(host, "play_alone/2")["message"] == "no games"


def check_patience(god):
    """What waited longer than the configuration allows fails with a sentence; what did not waits on."""
    with_patience = Host(god, None, None, "host: {unexecuted_minutes: 60}\n")
    with_patience.run_once()
    add(with_patience, "set_weights", "old", {}, 3700)
    add(with_patience, "set_weights", "new", {}, 3000)
    with with_patience as host:
        job = await_end(host, "set_weights/old")
        assert job["state"] == "failed", job
        assert job["message"] == ("nobody executed it for 60 minutes: this host has no connection to a chain; "
                                  "somebody else must execute it"), job
        waiting = show(host, "set_weights/new")
        assert waiting["state"] == "queued" and waiting["attempts"] == 0, waiting
        assert waiting["waits_because"].startswith("this host has no connection to a chain"), waiting
        assert host.stop() == 0


def main():
    host = Host(sys.argv[1], None, None, "host: {unexecuted_minutes: 0}\n")
    host.run_once()  # makes the schema
    with host:
        check_answers(host)
        assert host.stop() == 0, "".join(host.lines)
        add(host, "play_pair", "3", {})
        assert json.loads(god_job(host, "take", "play_pair")[1])["key"] == "play_pair/3"  # without a host, too
    check_patience(sys.argv[1])
    print("jobs that no host executes: fine")


main()
