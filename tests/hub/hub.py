#!/usr/bin/env python3
"""A small model hub that speaks the documented API of the Hugging Face Hub, and misbehaves on request.

    hub.py [--log FILE] [--folder OWNER/NAME=DIR ...]

A folder becomes a repository. It prints two ports, of the hub and of its "content network" (another host to redirect to), and ends when its standard
input is closed. The log gets one JSON line for each request.

The repository test/plain is what it says. The others differ in one thing, by the name after "test/":

    drop        the first two answers with a large file break off in the middle; Range is honoured
    truncated   the large file ends early, without an error and without a length; the third answer is whole
    forgetful   as drop, and Range is not honoured
    shifted     a Range is answered with another one
    busy        503 twice for every file
    down        500 always for every file
    wrong       the large file has other bytes than its digest says
    small-wrong config.json has other bytes than its git id says
    short       the large file is shorter than the list says, always
    slow        the first answer is ten bytes, then nothing
    private     401 without the token "hf_secret"
    moved       the large file is on the content network, which must not see the token
    escape      the list names a file ../outside
    digests     the list has a digest that is none
    rubbish     the list is no JSON
    made/...    repositories of uploads; POST /api/repos/create makes them, 409 when they are there

/signed/PATH is a file of test/plain for whoever has Signature=x in the query, 403 for others.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "hf_secret"
LARGE = bytes((i * 7 + i // 251) % 256 for i in range(300_000))
FILES = {
    ".gitattributes": b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n",
    "config.json": b'{"model_type": "small"}\n',
    "empty.txt": b"",
    "model.safetensors": LARGE,
    "sub/dir/with space #1.json": b"[1, 2, 3]\n",
}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def git_blob(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def read_folder(top):
    files = {}
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                files[os.path.relpath(path, top)] = file.read()
    return files


class Hub:
    """What both servers share."""

    def __init__(self, log):
        self.lock = threading.Lock()
        self.log = open(log, "a", encoding="utf-8") if log else None
        self.counts = {}
        self.made = {}  # name -> {path: bytes}
        self.commits = {}  # name -> list of {"summary", "files"}
        self.objects = {}  # oid -> bytes
        self.parts = {}  # (oid, number) -> bytes
        self.ports = (0, 0)

    def count(self, key):
        with self.lock:
            self.counts[key] = self.counts.get(key, 0) + 1
            return self.counts[key]

    def files_of(self, name):
        with self.lock:
            if name in self.made:
                return dict(self.made[name])
        return FILES if name.startswith("test/") else None

    def write_log(self, entry):
        if self.log:
            with self.lock:
                self.log.write(json.dumps(entry) + "\n")
                self.log.flush()


def commit_of(files):
    return hashlib.sha1(json.dumps({path: sha256(data) for path, data in files.items()}).encode()).hexdigest()


def listing(name, files):
    siblings = []
    for path, data in files.items():
        item = {"rfilename": path, "size": len(data), "blobId": git_blob(data)}
        if path.endswith(".safetensors"):
            item["lfs"] = {"sha256": sha256(data), "size": len(data), "pointerSize": 134}
        siblings.append(item)
    if name == "test/escape":
        siblings.append({"rfilename": "../outside", "size": 1, "blobId": git_blob(b"x")})
    if name == "test/digests":
        siblings[0]["blobId"] = "not-a-digest"
    return {"id": name, "sha": commit_of(files), "siblings": siblings}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    @property
    def hub(self):
        return self.server.hub

    def note(self):
        self.hub.write_log({"server": self.server.role, "method": self.command, "path": self.path,
                            "authorization": self.headers.get("Authorization"), "range": self.headers.get("Range")})

    def may_write(self):
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def answer(self, code, body=b"", kind="application/json", headers=()):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def break_off(self, data, length):
        """Half of the bytes, then the connection ends."""
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()
        self.close_connection = True

    def send_data(self, data, honour_range=True, shift=0):
        match = re.match(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if not match or not honour_range:
            return self.answer(200, data, "application/octet-stream", [("ETag", '"x"')])
        start = int(match.group(1))
        if start >= len(data):
            return self.answer(416, b"", "text/plain", [("Content-Range", f"bytes */{len(data)}")])
        start += shift
        rest = data[start:]
        self.answer(206, rest, "application/octet-stream",
                    [("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")])
        return None

    # ---- reading ----

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        self.note()
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        match = re.fullmatch(r"/api/(models|datasets)/([^/]+/[^/]+)/revision/(.+)", path)
        if match:
            return self.list_files(match.group(2), match.group(3))
        match = re.fullmatch(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if match:
            return self.send_file(match.group(2), match.group(3), match.group(4))
        if path.startswith("/signed/") and path[8:] in FILES:
            signed = "Signature=x" in urllib.parse.urlsplit(self.path).query
            return self.send_data(FILES[path[8:]]) if signed else self.answer(403, {"error": "expired"})
        return self.answer(404, {"error": "no such page"})

    def list_files(self, name, revision):
        files = self.hub.files_of(name)
        if name == "test/private" and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer(401, {"error": "Invalid username or password."})
        if files is None or revision not in ("main", commit_of(files)):
            return self.answer(404, {"error": "Repository not found"})
        if name == "test/rubbish":
            return self.answer(200, b"<html>", "text/html")
        return self.answer(200, listing(name, files))

    def send_file(self, name, revision, path):
        files = self.hub.files_of(name)
        fault = name.split("/")[1]
        if files is None or path not in files or revision != commit_of(files):
            return self.answer(404, {"error": "Entry not found"})
        if fault == "private" and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer(401, {"error": "Invalid username or password."})
        data, is_large = files[path], path.endswith(".safetensors")
        number = self.hub.count((name, path))
        if fault == "busy" and number <= 2:
            return self.answer(503, {"error": "busy"})
        if fault == "down":
            return self.answer(500, {"error": "down"})
        if fault == "small-wrong" and path == "config.json":
            return self.answer(200, b"?" * len(data), "text/plain")
        if is_large and fault in ("drop", "forgetful") and number <= 2:
            return self.break_off(data[: len(data) // 2], len(data))
        if is_large and fault == "truncated" and number <= 2:
            return self.break_off(data[: len(data) // 3], None)
        if is_large and fault == "short":
            return self.send_data(data[:-5])
        if is_large and fault == "wrong":
            return self.send_data(data[:-1] + b"\0")
        if is_large and fault == "shifted":
            if number == 1:
                return self.break_off(data[:1000], len(data))
            return self.send_data(data, shift=100)
        if is_large and fault == "slow" and number == 1:
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[:10])
            self.wfile.flush()
            self.server.stopping.wait(5)
            self.close_connection = True
            return None
        if is_large and fault == "moved" and self.server.role == "hub":
            target = f"http://127.0.0.1:{self.hub.ports[1]}{self.path}?Signature=do-not-show"
            return self.answer(302, b"", "text/plain", [("Location", target)])
        return self.send_data(data, honour_range=fault != "forgetful")

    # ---- writing ----

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_PUT(self):
        self.note()
        data = self.body()
        match = re.match(r"/upload/([0-9a-f]{64})(?:/(\d+))?\?", self.path)
        if not match:
            return self.answer(404)
        oid, part = match.groups()
        if self.headers.get("Authorization"):
            return self.answer(400, {"error": "a signed address needs no token"})
        if self.hub.count(("put", oid, part)) == 1 and "busy" in self.path:
            return self.answer(503)
        if part is None:
            if sha256(data) != oid:
                return self.answer(400, {"error": "wrong digest"})
            self.hub.objects[oid] = data
        else:
            self.hub.parts[(oid, int(part))] = data
        return self.answer(200, b"", "text/plain", [("ETag", f'"{hashlib.md5(data).hexdigest()}"')])

    def do_POST(self):
        self.note()
        data = self.body()
        path = urllib.parse.urlsplit(self.path).path
        match = re.match(r"/complete/([0-9a-f]{64})", path)
        if match:
            return self.complete(match.group(1), json.loads(data))
        if not self.may_write():
            return self.answer(401, {"error": "Invalid username or password."})
        if path == "/api/repos/create":
            return self.create(json.loads(data))
        match = re.fullmatch(r"/api/models/([^/]+/[^/]+)/preupload/main", path)
        if match:
            return self.preupload(json.loads(data))
        match = re.fullmatch(r"/([^/]+/[^/]+)\.git/info/lfs/objects/batch", path)
        if match:
            return self.batch(match.group(1), json.loads(data))
        match = re.fullmatch(r"/api/models/([^/]+/[^/]+)/commit/main", path)
        if match:
            return self.commit(match.group(1), data)
        return self.answer(404, {"error": "no such page"})

    def create(self, wish):
        name = f"{wish['organization']}/{wish['name']}"
        with self.hub.lock:
            if name in self.hub.made:
                return self.answer(409, {"error": "You already created this model repo"})
            self.hub.made[name] = {".gitattributes": FILES[".gitattributes"]}
        return self.answer(200, {"url": f"https://hub/{name}"})

    def preupload(self, wish):
        files = []
        for file in wish["files"]:
            base64.b64decode(file["sample"], validate=True)
            is_large = file["path"].endswith(".safetensors") or file["size"] > 1_000_000
            files.append({"path": file["path"], "uploadMode": "lfs" if is_large else "regular",
                          "shouldIgnore": file["path"].endswith(".ignored")})
        return self.answer(200, {"files": files})

    def batch(self, name, wish):
        objects = []
        for item in wish["objects"]:
            entry = {"oid": item["oid"], "size": item["size"]}
            base = f"http://127.0.0.1:{self.hub.ports[1]}"
            mark = "busy" if name.endswith("busy") else "x"
            if item["oid"] in self.hub.objects:
                pass  # there already: nothing to do
            elif item["size"] > 200_000:
                chunk = 100_000
                count = -(-item["size"] // chunk)
                header = {"chunk_size": str(chunk)}
                for number in range(1, count + 1):
                    header[f"{number:05d}"] = f"{base}/upload/{item['oid']}/{number}?Signature={mark}"
                entry["actions"] = {"upload": {"href": f"{base}/complete/{item['oid']}?Signature={mark}",
                                               "header": header}}
            else:
                entry["actions"] = {"upload": {"href": f"{base}/upload/{item['oid']}?Signature={mark}"}}
            objects.append(entry)
        return self.answer(200, {"transfer": "multipart", "objects": objects}, "application/vnd.git-lfs+json")

    def complete(self, oid, wish):
        parts = [self.hub.parts[(oid, part["partNumber"])] for part in wish["parts"]]
        tags = [hashlib.md5(part).hexdigest() for part in parts]
        if [part["etag"].strip('"') for part in wish["parts"]] != tags or sha256(b"".join(parts)) != oid:
            return self.answer(400, {"error": "wrong parts"})
        self.hub.objects[oid] = b"".join(parts)
        return self.answer(200, {})

    def commit(self, name, data):
        if name not in self.hub.made:
            return self.answer(404, {"error": "Repository not found"})
        if name.endswith("refused"):
            return self.answer(400, {"error": "no"})
        files = dict(self.hub.made[name])
        summary = None
        for line in data.decode().splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "header":
                summary = value["summary"]
            elif entry["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"], validate=True)
            elif entry["key"] == "lfsFile":
                if value["oid"] not in self.hub.objects:
                    return self.answer(400, {"error": "the object is not there"})
                files[value["path"]] = self.hub.objects[value["oid"]]
            elif entry["key"] == "deletedFile":
                files.pop(value["path"])
        self.hub.made[name] = files
        self.hub.commits.setdefault(name, []).append(summary)
        self.hub.write_log({"commit": summary, "name": name, "files": {path: sha256(data) for path, data in files.items()}})
        return self.answer(200, {"commitUrl": "https://hub/x", "commitOid": commit_of(files)})


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Connections that the other side gave up are what is tested here."""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--log")
    parser.add_argument("--folder", action="append", default=[])
    arguments = parser.parse_args()
    hub = Hub(arguments.log)
    for folder in arguments.folder:
        name, path = folder.split("=", 1)
        hub.made[name] = read_folder(path)
    stopping = threading.Event()
    servers = []
    for role in ("hub", "content"):
        server = Server(("127.0.0.1", 0), Handler)
        server.hub, server.role, server.stopping = hub, role, stopping
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    hub.ports = tuple(server.server_address[1] for server in servers)
    print(*hub.ports, flush=True)
    sys.stdin.read()
    stopping.set()


if __name__ == "__main__":
    main()
