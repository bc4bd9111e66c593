"""Serves the repositories below a folder by git's smart HTTP, through `git http-backend`, on loopback.

    git_server.py ROOT [TOKEN] [slow|drop|redirect]

Prints its port. With a TOKEN every request must carry it as the password of basic authentication. "slow" never ends an
answer, "drop" cuts each pack after 100 bytes, "redirect" sends everybody to another port. Ends with its stdin.
"""
import base64
import http.server
import os
import subprocess
import sys
import threading

ROOT, TOKEN, FAULT = sys.argv[1], (sys.argv[2:] + [""])[0], (sys.argv[3:] + [""])[0]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *_):
        pass

    def refuse(self):
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.end_headers()

    def answer(self, body):
        if FAULT == "redirect":
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/elsewhere{self.path}")
            self.end_headers()
            return
        if TOKEN:
            given = self.headers.get("Authorization", "")
            password = base64.b64decode(given[6:]).decode().partition(":")[2] if given.startswith("Basic ") else ""
            if password != TOKEN:
                return self.refuse()
        path, _, query = self.path.partition("?")
        environment = dict(os.environ, GIT_PROJECT_ROOT=ROOT, GIT_HTTP_EXPORT_ALL="1", PATH_INFO=path, QUERY_STRING=query,
                           REQUEST_METHOD=self.command, CONTENT_TYPE=self.headers.get("Content-Type", ""),
                           CONTENT_LENGTH=str(len(body)), REMOTE_ADDR="127.0.0.1", GIT_CONFIG_GLOBAL="/dev/null")
        if self.headers.get("Content-Encoding"):
            environment["HTTP_CONTENT_ENCODING"] = self.headers["Content-Encoding"]
        done = subprocess.run(["git", "-c", "safe.directory=*", "http-backend"], input=body, env=environment,
                              stdout=subprocess.PIPE, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
        status = next((value for key, value in lines if key == "Status"), "200 OK")
        self.send_response(int(status.split()[0]))
        for key, value in lines:
            if key != "Status":
                self.send_header(key, value)
        self.end_headers()
        if FAULT == "slow" and self.command == "POST":
            threading.Event().wait()
        if FAULT == "drop" and self.command == "POST":
            content = content[:100]
        self.wfile.write(content)

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            body = b""
            while (size := int(self.rfile.readline(), 16)) > 0:
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.answer(body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
