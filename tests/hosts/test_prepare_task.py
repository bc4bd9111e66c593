#!/usr/bin/env python3
"""Tasks that a host makes of data sets: from a hub, an object store, an http server and a file, into an object store
that checks signatures.

usage: test_prepare_task.py GOD HUB.PY PYTHON STORE.PY      77: PYTHON has no object store, and why
"""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE.parent / "integration/api"), str(HERE.parent / "entry")]
from host import Host
from jobs import add, await_end, result_of, show
from parties import Party

ROWS = 4005
INSTRUCT = {"field_instruction": "q", "field_output": "a", "field_input": "more", "format": "{instruction} {input}"}
CHAT = {"chat_column": "talk", "chat_role_field": "role", "chat_content_field": "content"}


def row(i):
    return {"q": f"what is {i}?", "a": {"n": i} if i % 2 else i, "more": None if i % 3 else True, "unused": [i]}


def lines(rows):
    return "".join(json.dumps(one) + "\n" for one in rows)


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as out:
        out.write(text)
    return path


def talk(i):
    """Every fourth conversation has one usable message, every fifth is a text."""
    messages = [{"role": "user", "content": f"hello {i}"}, {"role": "assistant", "content": None if i % 4 == 0 else "hi"}]
    messages.append({"role": "user"})
    return {"talk": json.dumps(messages) if i % 5 == 0 else messages}


def repositories(work):
    whole = os.path.join(work, "whole")
    write(whole, "data/train.jsonl", lines(row(i) for i in range(3000)))
    write(whole, "data/test.json", json.dumps([row(i) for i in range(3000, ROWS)]))
    write(whole, "dataset_infos.json", "{}")
    write(whole, "README.md", "---\n---\n")
    write(os.path.join(work, "columnar"), "data/train-00000.parquet", "PAR1")
    for name, count in (("pictures", 12), ("lonely", 10), ("few", 9)):
        for i in range(count):
            write(os.path.join(work, name), f"set/{i}.{('png', 'JPG', 'jpeg')[i % 3]}", f"picture {i}")
            write(os.path.join(work, name), f"set/{i}.txt", f"text {i}")
    os.remove(os.path.join(work, "lonely/set/3.txt"))
    return [f"demo/{name}={os.path.join(work, name)}" for name in ("pictures", "lonely", "few")] + [f"demo/whole={whole}", f"demo/columnar={os.path.join(work, 'columnar')}"]


def payload(task, ds, fields=None, task_type="InstructTextTask"):
    return {"task_id": task, "task_type": task_type, "model_id": "demo/base", "ds": ds,
            "details": {"fields": INSTRUCT if fields is None else fields}}


CLIENT = """
import boto3, json, sys
port, key, secret = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1", aws_access_key_id=key,
                  aws_secret_access_key=secret)
for line in sys.stdin:
    path, key = line.split()
    if path == "-":
        print(s3.get_object(Bucket="bkt", Key=key)["Body"].read().decode().replace(chr(10), " "), flush=True)
    elif path == "=":
        print(s3.download_file("bkt", key, "store-object"), flush=True)
    else:
        print(s3.upload_file(path, "bkt", key), flush=True)
"""


class Store:
    """The object store, by its own client library. It takes no signed addresses when it checks signatures, so those are
    looked at, and core/net's tests compare them with known ones."""

    def __init__(self, python, words):
        self.process = subprocess.Popen([python, "-c", CLIENT, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def ask(self, path, key):
        self.process.stdin.write(f"{path} {key}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def zips_of(self, result):
        """Names and contents of training and test archive."""
        files = []
        for url in (result["training_data"], result["test_data"]):
            self.ask("=", urllib.parse.urlsplit(url).path[5:])
            with zipfile.ZipFile("store-object") as archive:
                files.append({name: archive.read(name).decode() for name in archive.namelist()})
                assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_DEFLATED}
            os.remove("store-object")
        return files

    def files_of(self, result):
        """Training and test data."""
        files = []
        for member, name in (("training_data", "train_data"), ("test_data", "test_data")):
            url = urllib.parse.urlsplit(result[member])
            query = urllib.parse.parse_qs(url.query)
            assert query["X-Amz-Expires"] == ["604800"] and len(query["X-Amz-Signature"][0]) == 64, result
            assert re.fullmatch(f"/bkt/[0-9a-f]{{16}}_{name}.json", url.path), url
            files.append(json.loads(self.ask("-", url.path[5:])))
        return files

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def expected(i):
    one = row(i)
    return {"instruct": one["q"], "output": '{"n": %d}' % i if i % 2 else str(i), "input": "" if i % 3 else "True"}


def check_instruct(host, store, sources):
    contents = {}
    for name, ds in sources.items():  # one after the other: they write the same objects
        add(host, "prepare_task", name, payload("the-same", ds))
        result = result_of(host, f"prepare_task/{name}")
        assert result["fields"] == INSTRUCT | {"field_instruction": "instruct", "field_output": "output",
                                               "field_input": "input"}, result
        train, test = store.files_of(result)
        contents[name] = (train, test)
        assert (len(train), len(test)) == (3605, 400), (name, len(train), len(test))
        key = lambda one: one["instruct"]
        assert sorted(train + test, key=key) == sorted((expected(i) for i in range(ROWS)), key=key), name
        assert list(train[0]) == ["instruct", "output", "input"], train[0]
    assert contents["s3"] == contents["http"] == contents["file"], "the same task and rows, another split"
    assert contents["hub"][1] != [expected(i) for i in range(400)], "the rows were not shuffled"


def check_others(host, store, work):
    talks = write(work, "talks.jsonl", lines(talk(i) for i in range(ROWS)))
    pairs = write(work, "pairs.jsonl", lines({"p": f"p{i}", "c": " " if i % 100 == 0 else "c", "r": "r"} for i in range(ROWS)))
    add(host, "prepare_task", "chat", payload("chat", "file://" + talks, CHAT, "ChatTask"))
    dpo = {"field_prompt": "p", "field_chosen": "c", "field_rejected": "r"}
    add(host, "prepare_task", "dpo", payload("dpo", "file://" + pairs, dpo, "DpoTask"))
    rewards = [{"reward_func": "def f(completions): return [1.0]", "reward_weight": 1.0}]
    grpo = {"field_prompt": "p", "extra_column": "r", "reward_functions": rewards}
    add(host, "prepare_task", "grpo", payload("grpo", "file://" + pairs, grpo, "GrpoTask"))
    table = write(work, "table.csv", "q,a\r\n" + "".join(f'"what, {i}",{i}\r\n' for i in range(ROWS)))
    add(host, "prepare_task", "csv", payload("csv", "file://" + table, {"field_instruction": "q", "field_output": "a"}))
    env = {"environment_names": ["gin_rummy"]}
    add(host, "prepare_task", "env", payload("env", None, env, "EnvTask"))
    chat = result_of(host, "prepare_task/chat")
    train, test = store.files_of(chat)
    assert chat["fields"] == CHAT | {"chat_column": "conversations"}, chat
    assert len(train) + len(test) == sum(i % 4 != 0 for i in range(ROWS)), (len(train), len(test))
    assert all(len(one["conversations"]) == 2 for one in train + test)
    result = result_of(host, "prepare_task/dpo")
    train, test = store.files_of(result)
    assert len(train) + len(test) == ROWS - 41 and set(train[0]) == {"prompt", "chosen", "rejected"}, train[0]
    result = result_of(host, "prepare_task/grpo")
    assert result["fields"] == {"field_prompt": "prompt", "extra_column": "extra_data", "reward_functions": rewards}
    assert set(store.files_of(result)[1][0]) == {"prompt", "extra_data"}
    train, test = store.files_of(result_of(host, "prepare_task/csv"))
    assert sorted(int(one["output"]) for one in train + test) == list(range(ROWS)) and train[0]["instruct"].startswith("what, ")
    assert result_of(host, "prepare_task/env") == {"training_data": "env_task_dummy_dataset"}


def check_pictures(host, store):
    fields = {"model_type": "flux", "trigger_word": ""}
    add(host, "prepare_task", "pictures", payload("pictures", "demo/pictures", fields, "ImageTask"))
    result = result_of(host, "prepare_task/pictures")
    assert result["fields"] == fields and result["test_data"].split("?")[0].endswith("_test_data.zip"), result
    train, test = store.zips_of(result)
    assert (len(train), len(test)) == (20, 4) and all(name.startswith("train_data/") for name in train), (train, test)
    whole = {name.split("/")[1]: text for name, text in (train | test).items()}
    assert whole == {f"{i}.txt": f"text {i}" for i in range(12)} | {
        f"{i}.{('png', 'JPG', 'jpeg')[i % 3]}": f"picture {i}" for i in range(12)}, whole
    for name, reason in (("lonely", 'the picture "3.png" has no text of the same name beside it'), ("few", "9")):
        add(host, "prepare_task", f"pictures/{name}", payload(name, f"demo/{name}", fields, "ImageTask"))
        job = await_end(host, f"prepare_task/pictures/{name}")
        assert job["state"] == "failed" and reason in job["message"], job


def check_failures(host, work):
    few = write(work, "few.jsonl", lines(row(i) for i in range(3999)))
    broken = write(work, "broken.json", "[{\"q\": 1}, {")
    empty = write(work, "empty.jsonl", lines({"q": "", "a": None, "more": "x" if i % 10 == 0 else ""} for i in range(ROWS)))
    cases = {"few": ("file://" + few, None, "3999"),
             "broken": ("file://" + broken, None, "broken.json: row 2:"),
             "empty": ("file://" + empty, None, "are empty, at most 80 % may be"),
             "column": ("file://" + few, INSTRUCT | {"field_input": "nothing"}, 'no column "nothing", which "field_input" names'),
             "unnamed": ("file://" + few, {"field_instruction": "q"}, '"field_output" names no column'),
             "parquet": ("demo/columnar", None, 'no file that ends with one of ".json .jsonl .csv", but data/train-00000.parquet'),
             "none": (None, None, 'the task names no data set ("ds")'),
             "climbing": ("../../etc", None, "neither an address nor the name of a data set")}
    for name, (ds, fields, _) in cases.items():
        add(host, "prepare_task", name, payload(name, ds, fields))
    add(host, "prepare_task", "type", payload("type", "demo/whole", None, "CookingTask"), attempts=1)
    add(host, "prepare_task", "gone", payload("gone", "demo/gone"), attempts=1)
    for name, (_, _, reason) in cases.items():
        job = await_end(host, f"prepare_task/{name}")
        assert job["state"] == "failed" and reason in job["message"], job
    assert "CookingTask" in await_end(host, "prepare_task/type")["message"]
    assert "demo/gone" in await_end(host, "prepare_task/gone")["message"]


def check_kill(host, store, folder):
    """Killed while it downloads: the next start does it all over again."""
    reached, go, text = threading.Event(), threading.Event(), lines(row(i) for i in range(ROWS)).encode()

    def answer(_request, _body):
        reached.set()
        go.wait(60)
        return 200, text, {}

    party = Party("127.0.0.86", answer)
    add(host, "prepare_task", "killed", payload("killed", f"http://127.0.0.86:{party.port}/rows.jsonl"))
    assert reached.wait(60)
    host.process.send_signal(signal.SIGKILL)
    host.process.wait()
    host.reader.join()
    go.set()
    host._start()
    train, test = store.files_of(result_of(host, "prepare_task/killed"))
    assert (len(train), len(test)) == (3605, 400)
    jobs = os.path.join(folder, "cache", "jobs")
    assert [name for name in os.listdir(jobs) if not name.startswith(".")] == [], os.listdir(jobs)


def check_without_bucket(god):
    host = Host(god)
    host.run_once()
    with host:
        add(host, "prepare_task", "t", payload("t", None))
        job = show(host, "prepare_task/t")
        assert job["state"] == "queued", job
        assert host.stop() == 0


@contextlib.contextmanager
def server(*command):
    """The words of the first line that a program prints; its standard input is closed at the end."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().split()
        finally:
            process.stdin.close()


def run(god, hub_port, words, store, work):
    port, key, secret = words
    os.environ |= {"TEST_S3_KEY": key, "TEST_S3_SECRET": secret}
    rows = write(work, "rows.jsonl", lines(row(i) for i in range(ROWS)))
    store.ask(rows, "sets/rows.jsonl")
    with open(rows, "rb") as file:
        text = file.read()
    party = Party("127.0.0.1", lambda _request, _body: (200, text, {}))
    host = Host(god, None, None, f"hub: {{endpoint: \"http://127.0.0.1:{hub_port}\"}}\nworker: {{threads: 1}}\n"
                f"s3: {{endpoint: \"http://127.0.0.1:{port}\", bucket: bkt, key_variable: TEST_S3_KEY,"
                " secret_variable: TEST_S3_SECRET}\n")
    host.run_once()  # makes the schema
    with host:
        check_instruct(host, store, {"hub": "demo/whole", "s3": "s3://bkt/sets/rows.jsonl", "file": "file://" + rows,
                              "http": f"http://127.0.0.1:{party.port}/rows.jsonl?secret=x"})
        check_others(host, store, work)
        check_pictures(host, store)
        check_failures(host, work)
        check_kill(host, store, host.folder.name)
        assert host.stop() == 0, "".join(host.lines)
        assert not any(secret in line or "X-Amz-Signature" in line for line in host.lines), "a log line has a secret"
    check_without_bucket(god)


def main():
    god, hub, python, script = (os.path.abspath(path) for path in sys.argv[1:])
    if not os.access(python, os.X_OK):
        print("skipped: moto, an S3 server, is not there; tests/object_store/prepare.sh BUILD_FOLDER installs it")
        return 77
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        folders = [word for folder in repositories(work) for word in ("--folder", folder)]
        log = os.path.join(work, "hub.log")
        with server(sys.executable, hub, "--log", log, *folders) as ports, server(python, script) as words:
            with contextlib.closing(Store(python, words)) as store:
                run(god, ports[0], words, store, work)
    print("tasks from data sets: fine")
    return 0


sys.exit(main())
