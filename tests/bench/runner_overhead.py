"""What a run costs beyond the container engine's own time: from the start of god-runner to the container's start, and
from the container's end to the stored result. Then the same with a trainer in front of it: from the request over HTTP,
without the clone and the downloads, to the record that says how it ended.

    runner_overhead.py BUILD_DIR [RUNS]

god-runner talks to the engine through a socket of ours, which notes when each request begins and when the last byte of
its answer has passed: that is the engine's time, all else is ours. Exit code 1 when a run's two parts together take 300 ms
or more. Needs what the runner tests need for containers.
"""
import contextlib
import datetime
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import threading
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "runner"), str(TESTS / "trainer")]
from containers import trainer_in_containers  # noqa: E402
from harness import SAVE, Scene, Skip, expect  # noqa: E402

LIMIT_MS = 300
SCRIPT = """while [ $# -gt 1 ]; do case $1 in --task-id) task=$2 ;; --expected-repo-name) name=$2 ;; esac; shift; done
mkdir -p "/app/checkpoints/$task/$name" && echo weights > "/app/checkpoints/$task/$name/adapter_model.safetensors"
"""


class Tap:
    """Passes bytes between god-runner and the engine; `requests` is [first line, begin, end] in seconds."""

    def __init__(self, path, engine_path):
        self.requests, self.engine_path = [], engine_path
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(8)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        engine, current = socket.socket(socket.AF_UNIX), []
        engine.connect(self.engine_path)

        def answers():
            with contextlib.suppress(OSError):  # the other side has closed
                while data := engine.recv(1 << 16):
                    current[-1][2] = time.time()
                    client.sendall(data)
                    current[-1][2] = time.time()
            client.close()

        threading.Thread(target=answers, daemon=True).start()
        while data := client.recv(1 << 16):
            begins = re.match(rb"(GET|POST|DELETE) (\S+) HTTP/1", data)
            if begins:
                current.append([f"{begins[1].decode()} {begins[2].decode()}", time.time(), time.time()])
                self.requests.append(current[-1])
            engine.sendall(data)
        engine.close()


def engine_ms(requests, begin, end):
    return 1000 * sum(min(last, end) - max(first, begin) for _, first, last in requests if last > begin and first < end)


def measure(scene, tap, socket_path):
    tap.requests.clear()
    run_dir = scene.make_run(SAVE, config=scene.config() | {"socket": socket_path})
    began = time.time()
    expect(scene.finish(run_dir, scene.start(run_dir)), "success")
    stored = (run_dir / "result.json").stat().st_mtime_ns / 1e9
    requests = list(tap.requests)
    started = next(last for line, _, last in requests if "/start" in line)
    ended = next(last for line, _, last in requests if "/wait" in line)
    before, after = engine_ms(requests, began, started), engine_ms(requests, ended, stored)
    return 1000 * (started - began) - before, before, 1000 * (stored - ended) - after, after


ROWS = ("to the container's start, ours", "to the container's start, engine", "end to stored result, ours",
        "end to stored result, engine")


def report(title, rows):
    """Prints a table; returns what is ours of the slowest run."""
    load = pathlib.Path("/proc/loadavg").read_text().split()[0]
    print(f"{title}, {len(rows)} runs, load {load}, milliseconds:\n{'':40} median  slowest")
    for i, name in enumerate(ROWS):
        column = [row[i] for row in rows]
        print(f"  {name:36} {statistics.median(column):8.0f} {max(column):8.0f}")
    worst = max(row[0] + row[2] for row in rows)
    print(f"  ours together, slowest run: {worst:.0f}")
    return worst


def measure_runners(build, runs):
    """god-runner alone."""
    scene = Scene(build, "container")
    try:
        scene.prepare()
        socket_path = f"{scene.top}/tap.sock"
        tap = Tap(socket_path, f"{scene.top}/engine.sock")
        return [measure(scene, tap, socket_path) for _ in range(runs)]
    finally:
        scene.close()


def said_at(record, words):
    """When the job's log said so, in seconds since 1970."""
    line = next(line for line in record["logs"] if words in line)
    return datetime.datetime.fromisoformat(line[1:line.index("]")]).replace(tzinfo=datetime.timezone.utc).timestamp()


def measure_job(trainer, tap, number):
    """A request as a validator sends it. Clone and downloads are the job's own work, whoever does it: they are left out."""
    task = f"t-{number}"
    tap.requests.clear()
    began = time.time()
    status, answer = trainer.ask("POST", "/v1/trainer/start_training",
                                 trainer.request(task, "hk", dataset=trainer.data))
    assert status == 200, answer
    record = trainer.await_end(task, "hk")
    assert record["status"] == "success", record
    job = trainer.job_of(task)
    accepted = (job / "job.json").stat().st_mtime_ns / 1e9
    fetched = said_at(record, "Download container completed successfully")
    stored = (trainer.state / f"trainer/records/{job.name}.json").stat().st_mtime_ns / 1e9
    requests = list(tap.requests)
    started = next(last for line, _, last in requests if "/start" in line)
    ended = next(last for line, _, last in requests if "/wait" in line)
    before, after = engine_ms(requests, fetched, started), engine_ms(requests, ended, stored)
    return (1000 * (accepted - began + started - fetched) - before, before, 1000 * (stored - ended) - after, after)


def measure_trainer(build, runs):
    """With the daemon, from the request to the record that says success."""
    taps = []

    def tapped(scene):
        taps.append(Tap(f"{scene.top}/tap.sock", f"{scene.top}/engine.sock"))
        return f"{scene.top}/tap.sock"

    with trainer_in_containers(build, tapped, script=SCRIPT) as (_, trainer):
        return [measure_job(trainer, taps[0], number) for number in range(runs)]


def main():
    build, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10
    try:
        worst = max(report("god-runner alone", measure_runners(build, runs)),
                    report("a trainer's whole job", measure_trainer(build, runs)))
    except Skip as why:
        print(f"skipped: {why}")
        return 77
    return 1 if worst >= LIMIT_MS else 0


if __name__ == "__main__":
    sys.exit(main())
