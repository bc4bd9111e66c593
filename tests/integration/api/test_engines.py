#!/usr/bin/env python3
"""The same answers whatever the store is: every address of the interface, over SQLite and over PostgreSQL; and a host
whose PostgreSQL goes away and comes back.

usage: test_engines.py GOD SEED_TOOL       77: skipped, PostgreSQL's server is not installed
"""
import json
import os
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import postgres
from host import KEY, Host

# What the clock or the process has a part in.
MOVES = ("/metrics", "/ready", "/v1/performance/", "/v1/tournaments/latest/details", "/v1/tournaments/next-dates")


def ask(host, path):
    request = urllib.request.Request(host.url + path, headers={"Authorization": "Bearer " + KEY})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def address_of(path, operation):
    """The path with the examples of its parameters filled in."""
    query = []
    for parameter in operation.get("parameters", []):
        value = parameter.get("example", parameter["schema"].get("default", "5"))
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", str(value))
        else:
            query.append(f"{parameter['name']}={value}")
    return path + ("?" + "&".join(query) if query else "")


def read_all(god, seed_tool, store):
    with Host(god, seed_tool, store) as host:
        paths = json.loads(ask(host, "/openapi.json")[1])["paths"]
        answers = {address_of(path, methods["get"]): None for path, methods in paths.items() if "get" in methods}
        for address in answers:
            answers[address] = ask(host, address)
        assert host.stop() == 0
        assert not host.errors(), "".join(host.errors())
    return answers


def await_ready(host, wanted):
    """Asks until /ready answers with this status."""
    for _ in range(600):
        status, body = ask(host, "/ready")
        if status == wanted:
            return body
        time.sleep(0.1)
    raise SystemExit(f"/ready is {status} for a minute, {wanted} is wanted: {body}\n" + "".join(host.lines))


def check_outage(god):
    """While the store is away the host says so and goes on living; afterwards it needs nobody's help."""
    with postgres.Server() as server, Host(god, None, server.url, "tournament: {types: [text]}\n") as host:
        await_ready(host, 200)
        server.crash()
        assert not json.loads(await_ready(host, 503))["ready"]
        assert ask(host, "/health")[0] == 200
        assert ask(host, "/v1/tournaments/history")[0] == 503
        server.start()
        await_ready(host, 200)
        assert ask(host, "/v1/tournaments/history")[0] == 200
        assert host.stop() == 0


def main():
    if postgres.tools() is None:
        print("skipped: PostgreSQL's server is not installed")
        return 77
    god, seed_tool = sys.argv[1:3]
    on_sqlite = read_all(god, seed_tool, None)
    with postgres.Server() as server:
        on_postgres = read_all(god, seed_tool, server.url)
    for address, (status, body) in on_sqlite.items():
        assert status in (200, 404), f"{address}: {status} {body}"
        assert on_postgres[address][0] == status, f"{address}: {on_postgres[address]}"
        if not address.startswith(MOVES):
            assert on_postgres[address][1] == body, f"{address}:\n{body}\n{on_postgres[address][1]}"
    check_outage(god)
    print(f"{len(on_sqlite)} addresses answer alike")
    return 0


sys.exit(main())
