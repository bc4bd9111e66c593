"""A trainer whose runner is a container engine of the test's own (tests/runner/harness.py), with a hub and a place for data."""
import contextlib
import http.server
import json
import pathlib
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "runner"))
from harness import TRAINING, Scene  # noqa: E402
from trainer import REPOSITORY_SCRIPT, Trainer  # noqa: E402


class Data(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps([{"q": f"what is {i}?", "a": str(i)} for i in range(20)]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def trainer_in_containers(build, socket_of, script=REPOSITORY_SCRIPT):
    """Yields the scene and the trainer. socket_of(scene): the engine's socket as the trainer is told it."""
    scene = Scene(build, "container")
    try:
        scene.prepare()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Data)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        hub = subprocess.Popen([sys.executable, str(HERE.parent / "hub/hub.py")], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
        port = hub.stdout.readline().split()[0]
        config = scene.config() | {"socket": socket_of(scene)}
        with Trainer(str(scene.build / "bin/god"), f"http://127.0.0.1:{port}", runner="container", dockerfile=TRAINING,
                     trainer=f", runners: {{container: {json.dumps(config)}}}", script=script, memory_gib=1) as trainer:
            trainer.data = f"http://127.0.0.1:{server.server_port}/rows.json?Signature=x"
            yield scene, trainer
        hub.stdin.close()
        hub.wait()
        server.shutdown()
        server.server_close()
    finally:
        scene.close()
