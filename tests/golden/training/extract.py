#!/usr/bin/env python3
"""Writes vectors.json from the test vectors of the training specification.

    extract.py SPECIFICATION.md > vectors.json

Code blocks, tables and values in prose are read where they stand; nothing is typed in again here except which member of
a request a value belongs to. "requests" are whole start requests with what `god task args` must show; "tables" are the
rows of the specification's tables, with the JSON of a cell already parsed.
"""

import json
import re
import sys

HOTKEY_1 = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
HOTKEY_2 = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"


def sections(text):
    """{"TV-01": body}"""
    parts = re.split(r"^### (TV-\d\d)\b[^\n]*\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def fences(body):
    """The contents of the code blocks, in order; JSON parsed where it is JSON."""
    found = []
    for kind, content in re.findall(r"^```(\w*)\n(.*?)^```$", body, flags=re.M | re.S):
        found.append(json.loads(content) if kind == "json" else content.rstrip("\n"))
    return found


def codes(text):
    return re.findall(r"`([^`]*)`", text)


def table(body):
    """The rows of the first table, cells stripped, without its head."""
    rows = [line for line in body.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[2:]]


def after(body, words, pattern=r"`([^`]*)`"):
    """The value that follows these words."""
    match = re.search(re.escape(words) + r"[^`\d]*?" + pattern, body, flags=re.S)
    if match is None:
        sys.exit(f"the specification does not say {words!r} any more")
    return match.group(1)


def wandb(task_id, hotkey):
    path = f"/app/checkpoints/wandb_logs/{task_id}_{hotkey}"
    names = ("WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_ARTIFACT_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR")
    return {"WANDB_MODE": "offline", **dict.fromkeys(names, path)}


def pairs(text):
    return dict(item.split("=", 1) for item in codes(text) if re.match(r"[A-Z_]+=", item))


def value_of(argv, flag):
    return argv[argv.index(flag) + 1]


def request_of(argv, dataset_type, hours, gpus, hotkey=HOTKEY_1, **more):
    """A start request that must give this argv."""
    data = {"model": value_of(argv, "--model"), "task_id": value_of(argv, "--task-id"), "hours_to_complete": hours,
            "expected_repo_name": value_of(argv, "--expected-repo-name"), "dataset": value_of(argv, "--dataset"),
            "dataset_type": dataset_type, "file_format": "s3", **more}
    return {"training_data": data, "github_repo": "https://github.com/acme/train.git", "gpu_ids": gpus,
            "hotkey": hotkey}


def host_config(body, gpus):
    part = {"DeviceIDs": [str(gpu) for gpu in gpus]}
    for name in ("Memory", "NanoCpus", "ShmSize"):
        part[name] = int(after(body, f"`{name}`", r"(\d+)"))
    return part


def requests(tv):
    cases = []

    body = tv["TV-01"]
    request, argv, config = fences(body)
    first = request
    task_id = request["training_data"]["task_id"]
    cases.append({
        "id": "TV-01", "request": request,
        "expect": {"task_type": "InstructTextTask", "argv": argv, "environment": wandb(task_id, HOTKEY_1),
                   "host_config": config, "dockerfile": after(body, "Dockerfile "), "image": after(body, "image repository"),
                   "container_prefix": after(body, "container prefix"),
                   "timeout_seconds": int(after(body, "time-out ", r"(\d+)")),
                   "clone_dir": after(body, "clone directory"), "upload_local_folder": after(body, "Upload `LOCAL_FOLDER`:"),
                   "upload_subfolder": None},
        "labels": {"dataset_type": after(body, "Label `dataset_type`:")}})

    body = tv["TV-02"]
    task_id = re.search(r"Task `([^`]+)`", body).group(1)
    download = after(body, "Downloader argv:").split(" ")
    request = json.loads(json.dumps(first))
    request["training_data"].update({
        "task_id": task_id, "model": re.search(r"model `([^`]+)`", body).group(1), "hours_to_complete": 3,
        "expected_repo_name": re.search(r"repository name `([^`]+)`", body).group(1), "use_kl": True, "kl_coef": 0.1,
        "dataset": value_of(download, "--dataset"), "baseline_stats": {"task_type": "instruct"}})
    request.update({"hotkey": HOTKEY_2, "gpu_ids": [2, 3]})
    argv = list(cases[0]["expect"]["argv"])
    for flag, value in (("--task-id", task_id), ("--model", after(body, "`--model`")),
                        ("--dataset", request["training_data"]["dataset"]), ("--expected-repo-name", "r2"),
                        ("--hours-to-complete", after(body, "`--hours-to-complete`"))):
        argv[argv.index(flag) + 1] = value
    variables = next(line for line in body.splitlines() if line.startswith("* Environment"))
    cases.append({
        "id": "TV-02", "request": request, "salt": "s4lt",
        "expect": {"argv": argv, "environment": {**wandb(task_id, HOTKEY_2), **pairs(variables)},
                   "downloader_argv": download, "model_dir": "/cache/models/" + after(body, "`--model`")},
        "host_config": host_config(body, [2, 3]), "labels": {"model": after(body, "label `model` =")},
        "uploader": {"MODEL": after(body, "Uploader", r"`MODEL=([^`]*)`")}, "downloader_variables": ["MODEL_HASH_SALT"]})

    body = tv["TV-03"]
    argv = fences(body)[0]
    request = request_of(argv, json.loads(after(body, "`dataset_type` sent:")), 1.75, [4, 5, 6, 7])
    cases.append({"id": "TV-03", "request": request, "expect": {
        "task_type": "DpoTask", "argv": argv, "timeout_seconds": int(after(body, "time-out ", r"(\d+)"))},
        "host_config": host_config(body, [4, 5, 6, 7])})

    given, text = fences(tv["TV-04"])
    request = request_of(argv, given, 1, [0])
    cases.append({"id": "TV-04", "request": request, "expect": {"task_type": after(tv["TV-04"], "`--task-type`")},
                  "arguments": {"--dataset-type": text, "--task-type": "GrpoTask"}})

    text = fences(tv["TV-05"])[0]
    given = {"chat_role_field": "role", "chat_content_field": "content"}
    request = request_of(argv, given, 1, [0])
    cases.append({"id": "TV-05", "request": request, "expect": {"task_type": "ChatTask"},
                  "arguments": {"--dataset-type": text, "--task-type": after(tv["TV-05"], "`--task-type`"),
                                "--hours-to-complete": after(tv["TV-05"], "hours 1 →")}})

    body = tv["TV-06"]
    argv = fences(body)[0]
    names = json.loads(after(body, "names "))
    request = request_of(argv, {"environment_names": names}, 1.5, [0, 1, 2, 3])
    request["requested_datasets"] = codes(body[body.index("requested `"):body.index("sidecar addresses")])[:2]
    variables = pairs(body[body.index("Environment:"):])
    cases.append({
        "id": "TV-06", "request": request, "sidecar_urls": variables["ENVIRONMENT_SERVER_URLS"],
        "expect": {"task_type": "EnvTask", "argv": argv, "environment": {**wandb("e6", HOTKEY_1), **variables},
                   "timeout_seconds": int(after(body, "Time-out ", r"(\d+)")), "data_path": after(body, "Data file:"),
                   "made_rows": int(re.search(r"with (\d+) rows", body).group(1)),
                   "sidecars": {"environment": "gin_rummy", "count": int(re.search(r"Sidecars: (\d+)", body).group(1)),
                                "port": 8000}}})

    body = tv["TV-07"]
    request = json.loads(json.dumps(request))
    request["training_data"]["dataset_type"]["environment_names"] = json.loads(after(body, "Names "))
    without = {name: value for name, value in cases[-1]["expect"]["environment"].items()
               if name != re.search(r"`(\w+)` absent", body).group(1)}
    cases.append({"id": "TV-07", "request": request, "sidecar_urls": variables["ENVIRONMENT_SERVER_URLS"],
                  "expect": {"sidecars": None, "environment": without}})

    body = tv["TV-08"]
    argv = fences(body)[0]
    data = {"model": value_of(argv, "--model"), "task_id": "i8", "hours_to_complete": 1, "expected_repo_name": "r8",
            "dataset_zip": value_of(argv, "--dataset-zip"), "model_type": "sdxl",
            "trigger_word": after(body, "`trigger_word`")}
    request = {"training_data": data, "github_repo": "https://github.com/acme/train.git", "gpu_ids": [5],
               "hotkey": HOTKEY_2}
    cases.append({
        "id": "TV-08", "request": request,
        "expect": {"task_type": "ImageTask", "argv": argv, "environment": pairs(body[body.index("Environment: exactly"):
                                                                                   body.index("Dockerfile")]),
                   "dockerfile": after(body, "Dockerfile "), "image": after(body, "tag ").split(":")[0],
                   "container_prefix": after(body, "prefix "), "downloader_argv": after(body, "Downloader argv:").split(" "),
                   "upload_subfolder": re.search(r"`HF_REPO_SUBFOLDER=([^`]*)`", body).group(1),
                   "upload_local_folder": re.search(r"`LOCAL_FOLDER=([^`]*)`", body).group(1)},
        "single_file": re.search(r"the model is `([^`]*)`", body).group(1)})

    body = tv["TV-09"]
    for model_type, stats in (("qwen-image", None), ("qwen-image", {"task_type": "image"})):
        request = json.loads(json.dumps(request))
        request["training_data"].update({"model_type": model_type, "trigger_word": "", "baseline_stats": stats})
        variables = {"TRANSFORMERS_CACHE": "/cache/hf_cache"}
        if stats is not None:
            name, path = re.search(r"`(BASELINE_STATS_PATH)=([^`]*)`", body).groups()
            variables[name] = path.replace("{task_id}", "i8")
        cases.append({"id": "TV-09", "request": request, "salt": "s4lt",
                      "expect": {"dockerfile": after(body, "Dockerfile "), "environment": variables},
                      "absent_arguments": ["--trigger-word"], "extra_file": after(body, "additional file ")})

    for given, kind in table(tv["TV-10"]):
        types = {"instruct": "InstructTextTask", "DPO": "DpoTask", "GRPO": "GrpoTask", "chat": "ChatTask",
                 "environment": "EnvTask"}
        request = request_of(cases[2]["expect"]["argv"], json.loads(given.strip("`")), 1, [0])
        cases.append({"id": "TV-10", "request": request, "expect": {"task_type": types[kind.split(" ")[0]]}})

    for hours, seconds, text in table(tv["TV-11"]):
        number = float(re.search(r"\(([^)]*)\)", hours).group(1)) if "/" in hours else json.loads(hours)
        request = request_of(cases[2]["expect"]["argv"], {"field_prompt": "prompt"}, number, [0])
        cases.append({"id": "TV-11", "request": request, "expect": {"timeout_seconds": int(seconds)},
                      "arguments": {"--hours-to-complete": text.strip("`")}})

    for model, plain, hidden in table(tv["TV-12"]):
        for stats, salt, path in ((None, "s4lt", plain), ({}, "s4lt", hidden)):
            request = request_of(cases[2]["expect"]["argv"], {"field_prompt": "prompt"}, 1, [0])
            request["training_data"].update({"model": model.strip("`"), "baseline_stats": stats})
            cases.append({"id": "TV-12", "request": request, "salt": salt, "expect": {"model_dir": path.strip("`")}})
    model, digits = codes(tv["TV-12"][tv["TV-12"].index("With an empty salt"):])[:2]
    request = request_of(cases[2]["expect"]["argv"], {"field_prompt": "prompt"}, 1, [0])
    request["training_data"].update({"model": model, "baseline_stats": {}})
    cases.append({"id": "TV-12", "request": request, "expect": {"model_dir": f"/cache/models/{digits}"}})

    for dataset, _, part in table(tv["TV-13"]):
        request = request_of(cases[2]["expect"]["argv"], {"environment_names": ["intercode"]}, 1, [0])
        request["requested_datasets"] = [dataset.strip("`")]
        cases.append({"id": "TV-13", "request": request, "variables": {
            "MINER_DATASETS_DIR": "/cache/miner_datasets", "MINER_DATASETS": part.strip("`")}, "expect": {}})

    for requested, kept in table(tv["TV-14"]):
        requested = json.loads(requested.strip("`"))
        kept = requested[:2] if kept == "first two" else json.loads(kept.strip("`"))
        request = request_of(cases[2]["expect"]["argv"], {"environment_names": ["intercode"]}, 1, [0])
        request["requested_datasets"] = requested
        cases.append({"id": "TV-14", "request": request, "expect": {"requested_datasets": kept}})

    for url, token, _, directory in table(tv["TV-16"]):
        request = request_of(cases[2]["expect"]["argv"], {"field_prompt": "prompt"}, 1, [0])
        request["training_data"]["task_id"] = "T1"
        request["github_repo"] = url.strip("`")
        if token.startswith("`"):
            request["github_token"] = token.strip("`")
        cases.append({"id": "TV-16", "request": request, "expect": {"clone_dir": directory.strip("`")}})
    return cases


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        tv = sections(file.read())
    if len(tv) != 28:
        sys.exit(f"{len(tv)} test vectors were found, 28 are known")
    tables = {name: table(body) for name, body in tv.items() if table(body)}
    tables["TV-26"] = [codes(line) for line in re.split(r"(?<=`)\. ", tv["TV-26"].strip())]
    tables["TV-27"] = [list(pair) for pair in re.findall(r"(\d)xH100 → (\d)", tv["TV-27"])]
    sentence, rest = re.search(r"`ORCHESTRATOR_IPS=([^`]*)`(.*)", tv["TV-28"]).groups()
    good, bad = rest.split(" pass; ")
    address = r"(?:\d+\.){3}\d+|::1"
    tables["TV-28"] = [sentence, re.findall(address, good), re.findall(address, bad)]
    stale = re.search(r"started (\S+) with ([\d.]+) hours: ([\d:]+)", tv["TV-11"])
    result = {"requests": requests(tv), "tables": tables, "stale": [stale.group(1), float(stale.group(2)), stale.group(3)],
              "scrub": re.findall(r"Scrub with token `([^`]*)`: `([^`]*)` → `([^`]*)`", tv["TV-16"])[0]}
    json.dump(result, sys.stdout, indent=1, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
