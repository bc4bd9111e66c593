#!/usr/bin/env python3
"""Models and data sets of tasks, drawn from a list by a host.

usage: test_content.py GOD
"""
import json
import os
import pathlib
import signal
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "integration/api"))
from host import Host
from jobs import add, await_end, result_of, show

FIELDS = {"field_instruction": "q", "field_output": "a"}
LIST = {"models": [{"model_id": "m/small", "model_params_count": 500000000, "task_types": ["InstructTextTask", "DpoTask"]},
                   {"model_id": "m/middle", "model_params_count": 2000000000},
                   {"model_id": "m/large", "model_params_count": 14000000000},
                   {"model_id": "m/flux", "task_types": ["ImageTask"], "only": {"model_type": "flux"}}],
        "data_sets": [{"ds": f"d/{i}", "task_type": "InstructTextTask", "rows": 20000 + i, "fields": FIELDS} for i in range(50)]
        + [{"ds": "d/dpo", "task_type": "DpoTask"}, {"ds": "d/pictures", "task_type": "ImageTask"}]}


def question(task_type="InstructTextTask", lowest=100000000, highest=4000000000, **details):
    return {"task_type": task_type, "tournament_type": "text", "slot": "s", "place": 0, "replacement": 0,
            "params_min": lowest, "params_max": highest, "details": details}


def write_list(path, value):
    with open(path + ".part", "w") as out:
        out.write(value if isinstance(value, str) else json.dumps(value))
    os.rename(path + ".part", path)


def check_draws(host):
    for i in range(40):
        add(host, "choose_content", f"s/0/0/{i}", question())
    answers = [result_of(host, f"choose_content/s/0/0/{i}") for i in range(40)]
    assert {answer["model_id"] for answer in answers} == {"m/small", "m/middle"}, answers
    assert len({answer["ds"] for answer in answers}) > 10 and answers[0]["fields"] == FIELDS, answers
    assert all(answer["rows"] == 20000 + int(answer["ds"][2:]) for answer in answers), answers
    add(host, "choose_content", "dpo", question("DpoTask", 12e9, 71e9))
    assert result_of(host, "choose_content/dpo") == {"model_id": "m/large", "model_params_count": 14000000000, "ds": "d/dpo"}
    add(host, "choose_content", "flux", question("ImageTask", 0, 0, model_type="flux"))
    assert result_of(host, "choose_content/flux")["ds"] == "d/pictures"
    add(host, "choose_content", "other", question("OtherTask", 1, 1e12))
    assert "ds" not in result_of(host, "choose_content/other")


def check_failures(host, path):
    add(host, "choose_content", "huge", question(highest=10, lowest=1))
    assert await_end(host, "choose_content/huge")["message"] == (
        'content.json: no model fits a task of the type "InstructTextTask" with 1 to 10 parameters')
    for name, (text, reason) in {"broken": ("{", "content.json"), "nameless": ({"models": [{}], "data_sets": []}, '"model_id" is missing'),
                                 "listless": ({"models": []}, '"data_sets" is missing')}.items():
        write_list(path, text)
        add(host, "choose_content", name, question())
        job = await_end(host, f"choose_content/{name}")
        assert job["state"] == "failed" and reason in job["message"], job
    write_list(path, LIST)


def check_kill(host):
    """What was asked for when the host was killed is answered by the next, and as it would have been."""
    host.process.send_signal(signal.SIGKILL)
    host.process.wait()
    host.reader.join()
    add(host, "choose_content", "s/0/0/0/again", question())
    host._start()
    assert result_of(host, "choose_content/s/0/0/0/again")["model_id"] in ("m/small", "m/middle")


def main():
    host = Host(sys.argv[1], None, None, "tournament: {content_file: content.json}\n")
    path = os.path.join(host.folder.name, "content.json")
    write_list(path, LIST)
    host.run_once()  # makes the schema
    with host:
        check_draws(host)
        check_failures(host, path)
        check_kill(host)
        assert host.stop() == 0, "".join(host.lines)
    other = Host(sys.argv[1])
    other.run_once()
    with other:
        add(other, "choose_content", "t", question())
        assert show(other, "choose_content/t")["state"] == "queued"
        assert other.stop() == 0
    print("content of tasks: fine")


main()
