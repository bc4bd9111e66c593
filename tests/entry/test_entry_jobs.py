#!/usr/bin/env python3
"""The jobs by which miners enter, and signed requests to trainers, against a running host.

usage: test_entry_jobs.py GOD IDENTITY_LINES
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration", "api"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))
from host import Host
from jobs import add, await_end, result_of
from parties import ALICE, ALICE_SEED, Party, Verifier, address_of, as_json, hotkey

TOKEN, STALE_TOKEN = "ghp_ThisOneWorks", "ghp_ThisOneDoesNot"
LICENSE, NOTICE = "A licence\nof two lines\n", "A notice\n"
TRAINER = "127.0.0.83"


# ---- repositories ----

def git(folder, *words):
    environment = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_AUTHOR_NAME="t", GIT_AUTHOR_EMAIL="t@example.org",
                       GIT_COMMITTER_NAME="t", GIT_COMMITTER_EMAIL="t@example.org")
    return subprocess.run(["git", *words], cwd=folder, env=environment, check=True, stdout=subprocess.PIPE,
                          text=True).stdout.strip()


def repository(root, account, files):
    """A repository whose address looks like one of GitHub's; its address and commit."""
    folder = os.path.join(root, "github.com", account, "train")
    os.makedirs(folder)
    git(folder, "init", "-q", "-b", "main")
    for name, text in files.items():
        with open(os.path.join(folder, name), "w") as out:
            out.write(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")
    return "file://" + folder, git(folder, "rev-parse", "HEAD")


# ---- miners ----

class Miner:
    def __init__(self, program, number, answer):
        self.hotkey, self.verdicts = hotkey(f"miner {number}"), []
        self.verifier = Verifier(program, self.hotkey)
        self.party = Party(f"127.0.0.{20 + number}", self.handle)
        self.node, self.content = self.party.node(self.hotkey), answer

    def handle(self, request, body):
        assert request.command == "GET" and request.path == "/training_repo/text" and body is None
        assert request.headers["Content-Type"] == "application/json"
        self.verdicts.append(self.verifier.judge(request.headers))
        if self.verdicts[-1] != "200":
            return as_json({"detail": self.verdicts[-1]}, 401)
        return self.content if isinstance(self.content, tuple) else as_json(self.content)


def ask(host, key, nodes):
    add(host, "ask_miners", key, {"tournament_id": "t", "tournament_type": "text", "pass": 1, "nodes": nodes})
    return result_of(host, f"ask_miners/{key}")["replies"]


def github(request, _body):
    good = request.path == "/repos/acme/train" and request.headers["Authorization"] == f"Bearer {TOKEN}"
    return as_json({}, 200 if good else 401)


def check_miners(host, program, repo, commit):
    entry = {"github_repo": repo, "commit_hash": commit}
    answers = [dict(entry, github_token=TOKEN, requested_datasets=["x/y"]), dict(entry, github_token=STALE_TOKEN), entry,
               as_json(entry, 500), (200, b"<html>", {}), (200, b" " * 70000, {}), {"github_repo": repo},
               (302, b"", {"Location": "http://127.0.0.22/training_repo/text"})]
    miners = [Miner(program, number, answer) for number, answer in enumerate(answers)]
    nodes = [miner.node for miner in miners]
    nodes += [{"hotkey": hotkey("nobody"), "ip": "127.0.0.40", "port": 9}, {"hotkey": "no address", **miners[0].node},
              {"hotkey": hotkey("unposted"), "ip": None, "port": 0}]
    nodes[-2]["hotkey"] = "no address"
    replies = ask(host, "1", nodes)
    assert [reply["hotkey"] for reply in replies] == [miner.hotkey for miner in miners[:3]], replies
    assert [miner.verdicts for miner in miners] == [["200"]] * len(miners), [miner.verdicts for miner in miners]
    first, second, third = replies
    assert first["github_token"].startswith("sealed:v1:") and first["requested_datasets"] == ["x/y"], first
    assert second["github_token"] is None and second["commit_hash"] == commit, second
    assert third == dict(entry, hotkey=miners[2].hotkey, github_token=None, requested_datasets=None), third
    for miner in miners:
        miner.verifier.close()
    return first


def check_many(host):
    """More than are asked at a time, all at one address: nobody is left out, and the order is that of the payload."""
    seen = []

    def answer(request, _body):
        seen.append((request.headers["miner-hotkey"], request.headers["nonce"]))
        return as_json({"github_repo": "https://github.com/a/b", "commit_hash": "0" * 40})

    party = Party("127.0.0.41", answer)
    keys = [hotkey(f"one of many {number}") for number in range(130)]
    replies = ask(host, "many", [party.node(key) for key in keys])
    assert [reply["hotkey"] for reply in replies] == keys
    assert sorted(key for key, _ in seen) == sorted(keys) and len({nonce for _, nonce in seen}) == len(keys)


# ---- checks ----

def check_repositories(host, root, good, token):
    repo, commit = good
    changed = repository(root, "other", {"LICENSE": "A licence\n", "NOTICE": NOTICE})
    hidden = repository(root, "hider", {"LICENSE": LICENSE, "NOTICE": NOTICE, "hidden.py": "x"})
    cases = {
        "good": (repo, commit, "accepted"),
        "upper": (repo, commit.upper(), "accepted"),
        "branch": (repo, "main", '"main" is not a full commit id; 40 hexadecimal digits are needed, no branch or tag'),
        "gone": (repo, "0" * 40, "Invalid commit hash"),
        "licence": (*changed, 'LICENSE: "LICENSE" is not the text that is asked for'),
        "hidden": (*hidden, "the scanner for hidden code refuses it"),
        "ssh": ("ssh://github.com/acme/train", commit, "ssh"),
    }
    for name, (address, at, _) in cases.items():
        add(host, "check_repository", name, {"github_repo": address, "commit_hash": at, "github_token": token})
    for name, (_, _, expected) in cases.items():
        found = result_of(host, f"check_repository/{name}")
        assert found["source_digest"] is None, found
        if expected == "accepted":
            assert found["accepted"] is True and found["reason"] == "", (name, found)
        else:
            assert found["accepted"] is False and expected in found["reason"], (name, found)
    left = os.listdir(os.path.join(host.folder.name, "cache", "jobs"))
    assert [name for name in left if not name.startswith(".")] == [], left


def check_trainers(host, program, sealed):
    verifier, seen = Verifier(program, ALICE), []

    def answer(request, body):
        seen.append((request.path.split("/")[3], verifier.judge(request.headers, body)))
        if body is not None:
            assert json.loads(body)["github_token"] == TOKEN
        return as_json({"message": "Started Training!"} if body is not None else [])

    Party(TRAINER, answer, 8001)
    add(host, "refresh_gpus", "1", {"trainers": [TRAINER]})
    add(host, "start_training", "1", {"github_token": sealed, "trainer_ip": TRAINER, "task_type": "InstructTextTask"})
    assert result_of(host, "refresh_gpus/1") == {"trainers": [{"trainer_ip": TRAINER, "gpus": []}]}
    assert result_of(host, "start_training/1")["outcome"] == "accepted"
    assert sorted(seen) == [("get_gpu_availability", "200"), ("start_training", "200")], seen
    verifier.close()


# ---- the host ----

def write(path, text, mode=0o644):
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, mode), "w") as out:
        out.write(text)


def settings(root, github_port, private):
    return (f"identity: {{wallet_path: {root}/hotkey}}\n"
            f"entry: {{private_addresses: {private}, local_repositories: 1, license_file: {root}/LICENSE,"
            f" notice_file: {root}/NOTICE, scanner: {root}/scan, github_api: \"http://127.0.0.1:{github_port}\"}}\n")


def no_secret_is_left(host):
    for folder, _, names in os.walk(host.folder.name):
        for name in names:
            if name == "hotkey":
                continue
            with open(os.path.join(folder, name), "rb") as file:
                content = file.read()
            for secret in (TOKEN, STALE_TOKEN, ALICE_SEED[2:]):
                assert secret.encode() not in content, f"{name} holds a secret"
    assert not any(secret in line for line in host.lines for secret in (TOKEN, STALE_TOKEN, ALICE_SEED[2:]))


def main():
    god, program = sys.argv[1:]
    host = Host(god)
    root = host.folder.name
    assert address_of(bytes.fromhex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d")) == ALICE
    write(f"{root}/hotkey", json.dumps({"secretSeed": ALICE_SEED, "ss58Address": ALICE}), 0o600)
    write(f"{root}/LICENSE", LICENSE)
    write(f"{root}/NOTICE", NOTICE)
    write(f"{root}/scan", '#!/bin/sh\n[ "$1" = --repo ] && [ "$3" = --commit ] && [ -d "$2" ] || exit 2\n'
                          '[ ! -e "$2/hidden.py" ]\n', 0o755)
    hub = Party("127.0.0.1", github)
    repo, commit = repository(root, "acme", {"LICENSE": LICENSE, "Notice.txt": "A notice  \n", "train.py": "print(1)\n"})
    with open(host.config, "a") as out:
        out.write(settings(root, hub.port, 1))
    host.run_once()  # makes the schema
    with host:
        first = check_miners(host, program, repo, commit)
        check_many(host)
        check_repositories(host, root, (repo, commit), first["github_token"])
        check_trainers(host, program, first["github_token"])
        assert host.stop() == 0, "".join(host.lines)
        no_secret_is_left(host)
        refused_without_leave(god, root, hub, program)
    print("miners, repositories and trainers: fine")


def refused_without_leave(god, root, hub, program):
    """Where private addresses are not allowed, nobody is asked there; and a wallet that others may read is no wallet."""
    strict = Host(god)
    with open(strict.config, "a") as out:
        out.write(settings(root, hub.port, 0))
    strict.run_once()
    miner = Miner(program, 9, {"github_repo": "r", "commit_hash": "c"})
    with strict:
        assert ask(strict, "1", [miner.node]) == [] and miner.verdicts == []
        os.chmod(f"{root}/hotkey", 0o644)
        add(strict, "ask_miners", "2", {"tournament_type": "text", "nodes": []})
        job = await_end(strict, "ask_miners/2")
        assert job["state"] == "failed" and "chmod 600" in job["message"], job
        assert strict.stop() == 0
    miner.verifier.close()


main()
