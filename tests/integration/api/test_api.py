#!/usr/bin/env python3
"""A running host against its own description: schemathesis asks every address with good and bad values.

usage: test_api.py GOD SEED_TOOL BUILD_FOLDER       77: skipped, schemathesis is not installed
"""
import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from host import KEY, Host

GOD, SEED_TOOL, BUILD = sys.argv[1:4]
TOOL = os.path.join(BUILD, "api-venv", "bin", "schemathesis")
# It asks the network for whatever it is given, so it is tested by hand below.
REACHES_OUT = "/v1/tournament_orchestrator/add_trainer"
# A request without the key is answered with 403, as the interface wants it; this check knows 401 alone. Unit tests ask
# without the key and with a wrong one.
NOT_OURS = "missing_required_header"


def ask(host, method, path):
    request = urllib.request.Request(host.url + path, method=method, headers={"Authorization": "Bearer " + KEY})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


class Trainer(http.server.BaseHTTPRequestHandler):
    answer = [{"gpu_id": 0, "gpu_type": "H100", "vram_gb": 80, "available": True}]

    def do_GET(self):
        body = json.dumps(self.answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def check_trainers(host):
    """add_trainer asks port 8001 of the address; 127.0.0.77 is ours alone."""
    path = REACHES_OUT + "?trainer_ip=127.0.0.77"
    status, answer = ask(host, "POST", path)
    assert status == 503 and "detail" in answer, (status, answer)
    server = http.server.HTTPServer(("127.0.0.77", 8001), Trainer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert ask(host, "POST", path) == (200, "Trainer added successfully")
        Trainer.answer = {"no": "list"}
        assert ask(host, "POST", path)[0] == 502
    finally:
        server.shutdown()
    trainers = {t["trainer_ip"]: t["gpus"] for t in ask(host, "GET", "/v1/tournament_orchestrator/trainers")[1]}
    assert trainers["127.0.0.77"][0]["gpu_type"] == "H100", trainers


def check_description(host):
    command = [TOOL, "run", host.url + "/openapi.json", "--header", "Authorization: Bearer " + KEY,
               "--exclude-path", REACHES_OUT, "--phases", "examples,coverage,fuzzing", "--max-examples", "20",
               "--checks", "all", "--exclude-checks", NOT_OURS, "--seed", "1", "--workers", "1", "--continue-on-failure", "--warnings", "off"]
    environment = dict(os.environ, NO_COLOR="1")
    done = subprocess.run(command, cwd=host.folder.name, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    print(done.stdout[-20000:])
    return done.returncode


def main():
    if not os.path.exists(TOOL):
        print(f"skipped: {TOOL} is not there; tests/integration/api/prepare.sh {BUILD} installs it")
        return 77
    with Host(GOD, SEED_TOOL) as host:
        check_trainers(host)
        failed = check_description(host)
        status = host.stop()
        errors = host.errors()
    if failed:
        return 1
    assert status == 0, f"the host ended with {status}"
    assert not errors, "".join(errors)
    return 0


sys.exit(main())
