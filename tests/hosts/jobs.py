"""Jobs in the SQLite store of a host, put there as the cycles would, and looked at with `god job`."""
import json
import sqlite3
import subprocess
import time


def moment(seconds_ago=0):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() - seconds_ago))


def add(host, kind, key, payload, seconds_ago=0, attempts=3):
    at = moment(seconds_ago)
    db = sqlite3.connect(host.store)
    db.execute("INSERT INTO jobs (kind, key, payload, not_before, attempts_max, created_at, updated_at)"
               " VALUES (?, ?, ?, ?, ?, ?, ?)", (kind, f"{kind}/{key}", json.dumps(payload), at, attempts, at, at))
    db.commit()
    db.close()
    with open(host.store + "-wake-jobs", "ab") as wake:  # what the host's own connections do after a commit
        wake.write(b"x")


def god_job(host, *words):
    """Exit status, and what it printed."""
    done = subprocess.run([host.god, "job", *words, "--config", host.config], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    return done.returncode, done.stdout or done.stderr


def show(host, key):
    status, text = god_job(host, "show", key, "--json")
    assert status == 0, text
    return json.loads(text)


def await_end(host, key):
    for _ in range(600):
        job = show(host, key)
        if job["state"] not in ("queued", "running"):
            return job
        time.sleep(0.05)
    raise SystemExit(f"{key} does not end: {job}\n" + "".join(host.lines))


def result_of(host, key):
    job = await_end(host, key)
    assert job["state"] == "done", job
    return job["result"]
