"""A `god host` of a test's own: folders, configuration, the process, its log."""
import json
import os
import signal
import subprocess
import tempfile
import threading

KEY = "a key for tests only"


class Host:
    """Starts in a fresh folder and is stopped at the end of a `with`."""

    def __init__(self, god, seed_tool=None, store=None, settings=""):
        self.god = god
        self.folder = tempfile.TemporaryDirectory(prefix="god-api-")
        root = self.folder.name
        self.store = os.path.join(root, "state", "god.db")
        self.socket = os.path.join(root, "state", "admin.sock")
        self.config = os.path.join(root, "god.yaml")
        os.mkdir(os.path.join(root, "state"))
        key_file = os.path.join(root, "key")
        with open(os.open(key_file, os.O_CREAT | os.O_WRONLY, 0o600), "w") as out:
            out.write(KEY + "\n")
        with open(self.config, "w") as out:
            out.write("paths: {state_dir: state, cache_dir: cache}\n"
                      "http_server: {listen: \"127.0.0.1:0\", key_file: key, per_address_max: 64}\n" + settings)
            if store:
                out.write(f"store: {{url: \"{store}\"}}\n")
        if seed_tool:
            subprocess.run([seed_tool, store or "sqlite:" + self.store], check=True)

    def __enter__(self):
        self._start()
        return self

    def run_once(self):
        """Starts and stops it: the store has its schema afterwards."""
        self._start()
        self.stop()

    def _start(self):
        self.lines, self.ready = [], threading.Event()
        self.process = subprocess.Popen([self.god, "host", "--config", self.config, "--log-json"],
                                        stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        if not self.ready.wait(60) or self.port is None:
            self.process.kill()
            raise SystemExit("the host did not start:\n" + "".join(self.lines))
        self.url = f"http://127.0.0.1:{self.port}"

    def _read(self):
        self.port = None
        for line in self.process.stderr:
            self.lines.append(line)
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("message") == "the host is ready":
                self.port = int(event["http_port"])
                self.ready.set()
        self.ready.set()

    def stop(self):
        """Ends it politely; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        self.reader.join()
        return status

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.folder.cleanup()

    def errors(self):
        """Log lines at level error."""
        return [line for line in self.lines if '"level":"error"' in line]
