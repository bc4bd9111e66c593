"""Those who answer a host's signed requests: they verify each with `identity_lines`, our own verifier as a program."""
import hashlib
import http.server
import json
import subprocess
import threading

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"  # substrate's development account, whose seed all know
ALICE_SEED = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a"


def address_of(account):
    """ss58 of 32 bytes."""
    body = b"\x2a" + account
    number = int.from_bytes(body + hashlib.blake2b(b"SS58PRE" + body).digest()[:2], "big")
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return text


def hotkey(name):
    return address_of(hashlib.sha256(name.encode()).digest())


class Verifier:
    """One gate: it knows its own address and remembers nonces."""

    def __init__(self, program, own):
        self.own, self.lock = own, threading.Lock()
        self.child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def judge(self, headers, body=None):
        words = ["request", self.own] + [headers.get(name, "-") for name in
                                         ("validator-hotkey", "miner-hotkey", "nonce", "signature")]
        if body is not None:
            words.append(body.hex() or "-")
        with self.lock:
            self.child.stdin.write(" ".join(words) + "\n")
            self.child.stdin.flush()
            return self.child.stdout.readline().strip()

    def close(self):
        self.child.stdin.close()
        self.child.wait()


class Party:
    """A server at one loopback address; `answer(handler, path, body)` gives (status, bytes)."""

    def __init__(self, host, answer, port=0):
        party = self
        self.seen, self.answer = [], answer

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle_any(self):
                length = self.headers.get("Content-Length")
                body = None if length is None else self.rfile.read(int(length))
                status, content, more = party.answer(self, body)
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                try:
                    self.wfile.write(content)
                except OSError:
                    pass  # the host had enough

            do_GET = do_POST = handle_any

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((host, port), Handler)
        self.host, self.port = self.server.server_address[:2]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def node(self, key):
        return {"hotkey": key, "ip": self.host, "port": self.port}


def as_json(value, status=200):
    return status, json.dumps(value).encode(), {"Content-Type": "application/json"}
