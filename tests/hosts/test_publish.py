#!/usr/bin/env python3
"""Winners' repositories that a host publishes: made at a GitHub of this test's own, pushed to a git server that wants
the token, from one that wants another.

usage: test_publish.py GOD GIT_SERVER.PY
"""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE.parent / "integration/api"), str(HERE.parent / "entry")]
from host import Host
from jobs import add, await_end, result_of, show
from parties import Party, as_json

TOKEN, OTHER_TOKEN = "ghp_MayWrite", "ghp_MayNot"
ORGANISATION = "demo-org"


def git(folder, *words, **more):
    environment = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_AUTHOR_NAME="a miner", GIT_COMMITTER_NAME="a miner",
                       GIT_AUTHOR_EMAIL="miner@example.org", GIT_COMMITTER_EMAIL="miner@example.org")
    return subprocess.run(["git", "-c", "core.safecrlf=false", "-C", folder, *words], env=environment, check=True, stdout=subprocess.PIPE, text=True,
                          **more).stdout.strip()


class GitHub:
    """Makes bare repositories below a folder for whoever has the token."""

    def __init__(self, root):
        self.root, self.calls, self.reached, self.go = root, [], threading.Event(), threading.Event()
        self.go.set()
        self.party = Party("127.0.0.1", self.answer)

    def answer(self, request, body):
        self.calls.append((request.command, request.path))
        self.reached.set()
        self.go.wait(60)
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return as_json({"message": "Bad credentials"}, 401)
        if request.command == "GET":
            return as_json({}, 200 if os.path.exists(os.path.join(self.root, *request.path.split("/")[2:])) else 404)
        assert request.path == f"/orgs/{ORGANISATION}/repos", request.path
        asked = json.loads(body)
        assert asked == {"name": asked["name"], "private": False, "auto_init": False}, asked
        if asked["name"] == "refused":
            return as_json({"message": "name is reserved"}, 422)
        if asked["name"] == "trouble":
            return as_json({"message": "unicorn"}, 503)
        folder = os.path.join(self.root, ORGANISATION, asked["name"])
        if os.path.exists(folder):
            return as_json({"message": "name already exists on this account"}, 422)
        os.makedirs(folder)
        git(folder, "init", "-q", "--bare", "-b", "main")
        git(folder, "config", "http.receivepack", "true")
        return as_json({"name": asked["name"]}, 201)


def source(root):
    """A repository of two commits and an odd file or two; the first commit."""
    folder = os.path.join(root, "acme", "train")
    os.makedirs(os.path.join(folder, "dockerfiles"))
    git(folder, "init", "-q", "-b", "main")
    for name, text in {"train.py": "print(1)\n", "dockerfiles/a.dockerfile": "FROM scratch\n", ".gitattributes": "*.py eol=crlf\n"}.items():
        with open(os.path.join(folder, name), "w") as out:
            out.write(text)
    os.symlink("train.py", os.path.join(folder, "link"))
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "secret history")
    first = git(folder, "rev-parse", "HEAD")
    with open(os.path.join(folder, "later.py"), "w") as out:
        out.write("x\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "later")
    return first


@contextlib.contextmanager
def git_server(script, root, token):
    with subprocess.Popen([sys.executable, script, root, token], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as server:
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.stdin.close()


def published(root, name):
    """Commit, parents, tree, author and message of what is on main."""
    return git(os.path.join(root, ORGANISATION, name), "log", "--format=%H|%P|%T|%an|%B", "main").strip().split("|")


def check_success(host, github, from_url, to_url, commit, root, sources):
    payload = {"github_repo": f"{from_url}/acme/train", "commit_hash": commit, "github_token": None, "name": "god-text-1"}
    add(host, "publish_repository", "t/hk", payload)
    assert result_of(host, "publish_repository/t/hk") == {"repository_url": f"{to_url}/{ORGANISATION}/god-text-1"}
    first = published(root, "god-text-1")
    tree = git(os.path.join(sources, "acme/train"), "rev-parse", f"{commit}^{{tree}}")
    assert first[1:4] == ["", tree, "Gradients on Demand"] and first[4] == "god-text-1", first
    git(os.path.join(root, ORGANISATION, "god-text-1"), "fsck", "--strict")
    # again, over something else that got there: the same commit
    git(os.path.join(root, ORGANISATION, "god-text-1"), "update-ref", "refs/heads/main", git(
        os.path.join(root, ORGANISATION, "god-text-1"), "commit-tree", tree, "-m", "someone else's"))
    add(host, "publish_repository", "t/hk/2", payload)
    result_of(host, "publish_repository/t/hk/2")
    assert published(root, "god-text-1") == first, "the same tree became another commit"
    assert github.calls.count(("POST", f"/orgs/{ORGANISATION}/repos")) == 2, github.calls


def check_failures(host, from_url, commit):
    good = {"github_repo": f"{from_url}/acme/train", "commit_hash": commit, "github_token": None, "name": "god-text-2"}
    cases = {"gone": (good | {"commit_hash": "0" * 40}, "commit not found in repository"),
             "refused": (good | {"name": "refused"}, "GitHub does not make the repository \"refused\" of \"demo-org\": name is reserved"),
             "trouble": (good | {"name": "trouble"}, "GitHub answered with status 503: unicorn"),
             "climbing": (good | {"name": "../x"}, "is no name of a repository"),
             "ssh": (good | {"github_repo": "ssh://github.com/a/b"}, "ssh"),
             "silent": (good | {"github_repo": "http://127.0.0.1:9/a/b"}, "cannot fetch from")}
    for name, (payload, _) in cases.items():
        add(host, "publish_repository", name, payload, attempts=1)
    for name, (_, reason) in cases.items():
        job = await_end(host, f"publish_repository/{name}")
        assert job["state"] == "failed" and reason in job["message"], job


def check_kill(host, github, from_url, commit, root):
    github.go.clear()
    github.reached.clear()
    add(host, "publish_repository", "killed", {"github_repo": f"{from_url}/acme/train", "commit_hash": commit,
                                               "github_token": None, "name": "god-text-3"})
    assert github.reached.wait(60)
    host.process.send_signal(signal.SIGKILL)
    host.process.wait()
    host.reader.join()
    github.go.set()
    host._start()
    result_of(host, "publish_repository/killed")
    assert published(root, "god-text-3")[1] == ""
    jobs = os.path.join(host.folder.name, "cache", "jobs")
    assert [name for name in os.listdir(jobs) if not name.startswith(".")] == [], os.listdir(jobs)


def no_token_is_left(host):
    for folder, _, names in os.walk(host.folder.name):
        for name in names:
            if os.path.join(folder, name) == host.token_file:
                continue
            with open(os.path.join(folder, name), "rb") as file:
                content = file.read()
            assert TOKEN.encode() not in content and OTHER_TOKEN.encode() not in content, f"{name} holds a token"
    assert not any(TOKEN in line for line in host.lines), "a log line has the token"


def start(god, github, to_url, token):
    host = Host(god, None, None, f"entry: {{local_repositories: 1, github_api: \"http://127.0.0.1:{github.party.port}\"}}\n"
                f"tournament: {{publish_organization: {ORGANISATION}, publish_server: \"{to_url}\", publish_token_file: token}}\n")
    host.token_file = os.path.join(host.folder.name, "token")
    with open(os.open(host.token_file, os.O_CREAT | os.O_WRONLY, 0o600), "w") as out:
        out.write(token + "\n")
    host.run_once()  # makes the schema
    return host


def run(god, script, work):
    sources, target = os.path.join(work, "sources"), os.path.join(work, "target")
    commit, github = source(sources), GitHub(target)
    with git_server(script, sources, "") as from_url, git_server(script, target, TOKEN) as to_url:
        with start(god, github, to_url, TOKEN) as host:
            check_success(host, github, from_url, to_url, commit, target, sources)
            check_failures(host, from_url, commit)
            check_kill(host, github, from_url, commit, target)
            assert host.stop() == 0, "".join(host.lines)
            no_token_is_left(host)
        with start(god, github, to_url, OTHER_TOKEN) as host:
            add(host, "publish_repository", "t", {"github_repo": f"{from_url}/acme/train", "commit_hash": commit, "name": "n"})
            job = await_end(host, "publish_repository/t")
            assert job["message"] == ("the token for publishing may not make repositories of \"demo-org\": Bad credentials")
            assert host.stop() == 0, "".join(host.lines)
            no_token_is_left(host)
    host = Host(god)
    host.run_once()
    with host:
        add(host, "publish_repository", "t", {})
        assert show(host, "publish_repository/t")["state"] == "queued"
        assert host.stop() == 0


def main():
    with tempfile.TemporaryDirectory() as work:
        run(*sys.argv[1:], work)
    print("published repositories: fine")


main()
