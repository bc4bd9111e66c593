#!/usr/bin/env python3
"""Reads every #include line of the sources and fails when an arrow between folders turns round.

    include_direction.py ROOT

    plugins -> sdk          core -> sdk/include, sdk/helpers          core/tournament -> core/base
    core/cli -> everything in core, and nothing in core -> core/cli   core/base -> nothing else in core

It also fails when an outside library is used in a second folder: see `libraries`.
"""

import os
import re
import sys

# (who, whose files it may include): exceptions to the rules below.
allowed = [
    ("core/tournament", "core/base"),
    ("core/tournament", "core/tournament"),
    ("core/base", "core/base"),
    ("core/cli", "core/cli"),
]
# (who, whose files it may not include, why)
forbidden = [
    ("core/tournament", "core", "the rules are pure: they may use core/base and nothing else of the host"),
    ("core/base", "core", "core/base stands below the rest of the host"),
    ("core", "core/cli", "the host must not know the command line"),
    ("core", "plugins", "the host knows plug-ins by their tables only"),
    ("core", "sdk/nn", "the host contains no model code"),
    ("plugins", "core", "a plug-in sees the SDK and nothing of the host"),
    ("sdk", "core", "the SDK must be usable without the host"),
    ("sdk", "plugins", "the SDK must be usable without our plug-ins"),
    ("sdk/include", "sdk/helpers", "the contract needs nothing but the C standard library"),
    ("sdk/include", "sdk/nn", "the contract needs nothing but the C standard library"),
    ("sdk/helpers", "sdk/nn", "the helpers stand below the evaluation library"),
]

# Header of an outside library -> the folders that may use it.
libraries = {
    r"yaml\.h": ["core/config"],
    r"curl/": ["core/net"],
    r"git2": ["core/git"],
    r"zmq\.h": ["core/bus", "plugins/env"],
    r"microhttpd\.h": ["core/http"],
    r"sodium": ["core/identity", "core/store", "sdk/helpers"],
    r"(sqlite3|libpq-fe)\.h": ["core/store"],
    r"(dnnl|oneapi/)": ["tests/bench"],
    r"(cuda|cublas|cudnn)": ["sdk/nn/cuda"],
    r"utf8proc\.h": ["sdk/nn/token"],
    r"pcre2\.h": ["sdk/nn/token", "sdk/nn/format"],
    r"(Python|seccomp)\.h": ["core/jail"],
    r"check\.h": ["tests"],
}

# Where an include that begins so is found.
roots = [
    ("core/", "core/"),
    ("plugins/", "plugins/"),
    ("god/nn/", "sdk/nn/"),
    ("god/helpers/", "sdk/helpers/"),
    ("god/", "sdk/include/"),
]


# What a public contract header may include beside its own kind.
standard = {f"{name}.h" for name in """assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp
    signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar
    wctype""".split()}


def is_below(path, folder):
    return path == folder or path.startswith(folder + "/")


def sources(root):
    for top in ("core", "plugins", "sdk"):
        for folder, folders, files in os.walk(os.path.join(root, top)):
            folders.sort()
            for name in sorted(files):
                if name.endswith((".c", ".h", ".cu", ".cuh")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def target_of(root, path, included, quoted):
    """The folder-relative path of an included file of ours; None for one of the system."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), included))
    if quoted and os.path.exists(os.path.join(root, beside)):
        return beside
    for start, place in roots:
        if included.startswith(start):
            return place + included[len(start):]
    return None


def problem_of(path, target):
    if any(is_below(path, who) and is_below(target, folder) for who, folder in allowed):
        return None
    for who, folder, why in forbidden:
        if is_below(path, who) and is_below(target, folder):
            return why
    return None


def main():
    root = sys.argv[1]
    problems, count = [], 0
    for path in sources(root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', text, flags=re.M):
            count += 1
            included, line = match.group(2), text.count("\n", 0, match.start()) + 1
            target = target_of(root, path, included, match.group(1) == '"')
            if target is not None:
                why = problem_of(path, target)
                if why is not None:
                    problems.append(f"{path}:{line}: includes {target}: {why}")
                continue
            if is_below(path, "sdk/include") and included not in standard:
                problems.append(f"{path}:{line}: includes <{included}>, which is not of the C standard library")
            for pattern, folders in libraries.items():
                if re.match(pattern, included) and not any(is_below(path, folder) for folder in folders):
                    problems.append(f"{path}:{line}: includes <{included}>, which belongs in {' or '.join(folders)}")
    print(f"{count} includes")
    if count < 100:
        sys.exit("too few includes were found: is this the root of the sources?")
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
