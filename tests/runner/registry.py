"""A registry of images for tests, on a thread of its own: as much of the OCI distribution API as an engine needs to pull.

One image, of one layer, under every name and tag; a name that begins with "missing" is not there, and what is asked of
one that begins with "slow" never ends.
"""
import hashlib
import http.server
import json
import re
import threading

MANIFEST, CONFIG, LAYER = (f"application/vnd.oci.image.{kind}" for kind in ("manifest.v1+json", "config.v1+json", "layer.v1.tar"))


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Registry:
    """layer: the image's files, a tar."""

    def __init__(self, layer, command):
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": command},
                             "rootfs": {"type": "layers", "diff_ids": [digest(layer)]}}).encode()
        parts = [{"mediaType": kind, "digest": digest(content), "size": len(content)}
                 for kind, content in ((CONFIG, config), (LAYER, layer))]
        self.manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": parts[0], "layers": parts[1:]}).encode()
        self.digest = digest(self.manifest)
        self.blobs = {digest(content): content for content in (config, layer)}
        self.asked, self.closing = [], threading.Event()
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                registry.answer(self)

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def find(self, path):
        """Type and content of what is asked for; None when it is not there."""
        if path == "/v2/":
            return "application/json", b"{}"
        found = re.fullmatch(r"/v2/(.+)/(manifests|blobs)/(.+)", path)
        if not found or found[1].startswith("missing"):
            return None
        if found[2] == "blobs":
            return ("application/octet-stream", self.blobs[found[3]]) if found[3] in self.blobs else None
        return (MANIFEST, self.manifest) if found[3] == self.digest or ":" not in found[3] else None

    def answer(self, handler):
        self.asked.append(handler.path)
        found = self.find(handler.path)
        kind, content = found or ("application/json", b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')
        handler.send_response(200 if found else 404)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(content)))
        handler.send_header("Docker-Content-Digest", digest(content))
        handler.end_headers()
        if handler.command == "HEAD":
            return
        if handler.path.startswith("/v2/slow"):
            handler.wfile.write(content[:len(content) // 2])
            self.closing.wait()
        handler.wfile.write(content)

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
