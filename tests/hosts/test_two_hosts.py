#!/usr/bin/env python3
"""Two hosts with one PostgreSQL: one plays the tournaments, the other stands by and succeeds it; both execute jobs.

usage: test_two_hosts.py GOD       77: skipped, PostgreSQL's server is not installed
"""
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration", "api"))
import postgres
from host import Host

SETTINGS = ("tournament: {types: [text, image, environment], default_repository: \"file:///nowhere\"}\n"
            "host: {executors: 1}\n")


def ready(host):
    try:
        with urllib.request.urlopen(host.url + "/ready", timeout=30) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


def await_playing(host, wanted):
    """Until /ready says that this host plays, or that it does not."""
    for _ in range(600):
        said = ready(host)
        if said["cycles"] == wanted and said["ready"] and said["last_turn_at"] is not None:
            return
        time.sleep(0.1)
    raise SystemExit(f"after a minute: {said}\n" + "".join(host.lines))


def sql(server, text):
    done = subprocess.run([os.path.join(server.bin, "psql"), server.url, "-qtAc", text], check=True,
                          stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def let_time_pass(server):
    """The minute after which a lease that nobody renewed is over."""
    sql(server, "UPDATE leases SET lease_until = now() - interval '1 second'; NOTIFY cycles")


def check(god, server):
    first, second = Host(god, None, server.url, SETTINGS), Host(god, None, server.url, SETTINGS)
    with first:
        await_playing(first, True)
        with second:
            await_playing(second, False)
            assert first.stop() == 0, "".join(first.lines)
            await_playing(second, True)  # at once, since the first gave it back
            fence = int(sql(server, "SELECT fence FROM leases WHERE name = 'cycles'"))
            with Host(god, None, server.url, SETTINGS) as third:
                await_playing(third, False)
                second.process.kill()
                second.process.wait()
                assert not ready(third)["cycles"]  # its lease still counts
                let_time_pass(server)
                await_playing(third, True)
                assert int(sql(server, "SELECT fence FROM leases WHERE name = 'cycles'")) == fence + 1
                assert third.stop() == 0, "".join(third.lines)
    # Nothing was done twice while the hosts changed.
    assert sql(server, "SELECT count(*) - count(DISTINCT tournament_type) FROM tournaments") == "0"


def main():
    if postgres.tools() is None:
        print("skipped: PostgreSQL's server is not installed")
        sys.exit(77)
    with postgres.Server() as server:
        check(sys.argv[1], server)
    print("two hosts, one plays: fine")


main()
