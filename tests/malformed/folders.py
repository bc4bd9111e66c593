"""Model and adapter folders that are broken on purpose: a demo folder, read, changed and written again.

A change is a function that takes a Folder; the functions at the end of this file make the usual ones. Files that no
change touches are links to the demo's own.
"""

import json
import os
import struct

ABSENT = object()  # as a value: the member is taken out
SIZES = {"BOOL": 1, "I8": 1, "I16": 2, "BF16": 2, "F16": 2, "I32": 4, "F32": 4, "I64": 8, "F64": 8}
WEIGHTS, ADAPTER_WEIGHTS = "model.safetensors", "adapter_model.safetensors"


def bf16(value):
    return struct.pack("<f", value)[2:]


class Tensors:
    """A safetensors file: `tensors` holds what is true; `lies` are changes of the finished header."""

    def __init__(self, data=None):
        self.tensors, self.lies, self.header_text, self.header_bytes, self.tail = {}, [], None, None, b""
        if data is not None:
            count = struct.unpack("<Q", data[:8])[0]
            for name, entry in json.loads(data[8:8 + count]).items():
                if name != "__metadata__":
                    begin, end = (8 + count + offset for offset in entry["data_offsets"])
                    self.tensors[name] = [entry["dtype"], entry["shape"], data[begin:end]]

    def to_bytes(self):
        header, data = [["__metadata__", {"format": "pt"}]], b""
        for name, (dtype, shape, content) in self.tensors.items():
            offsets = [len(data), len(data) + len(content)]
            header.append([name, {"dtype": dtype, "shape": shape, "data_offsets": offsets}])
            data += content
        for lie in self.lies:
            lie(header)
        text = self.header_text
        if text is None:
            text = "{" + ",".join(json.dumps(name) + ":" + json.dumps(entry) for name, entry in header) + "}"
        text = text.encode() if isinstance(text, str) else text
        count = len(text) if self.header_bytes is None else self.header_bytes
        return struct.pack("<Q", count) + text + data + self.tail


class Folder:
    def __init__(self, source):
        self.source = source
        self.files = {name: None for name in os.listdir(source)}  # None: as in the demo
        self.parsed = {}

    def read(self, name):
        with open(os.path.join(self.source, name), "rb") as file:
            return file.read()

    def json(self, name):
        """The parsed file; changes to it are written."""
        if name not in self.parsed:
            self.parsed[name] = json.loads(self.read(name)) if name in self.files else {}
        return self.parsed[name]

    def weights(self, name=None):
        name = name or (ADAPTER_WEIGHTS if ADAPTER_WEIGHTS in self.files else WEIGHTS)
        if name not in self.parsed:
            self.parsed[name] = Tensors(self.read(name) if name in self.files else None)
        return self.parsed[name]

    def write(self, target):
        os.makedirs(target)
        for name, value in self.parsed.items():
            if name not in self.files or self.files[name] is None:
                self.files[name] = value.to_bytes() if isinstance(value, Tensors) else json.dumps(value).encode()
        for name, content in self.files.items():
            path = os.path.join(target, name)
            if content is None:
                os.symlink(os.path.join(self.source, name), path)
            elif content is os.mkdir or content is os.mkfifo:
                content(path)
            elif content is not ABSENT:
                with open(path, "wb") as file:
                    file.write(content)


# -- files ------------------------------------------------------------------------------------------------------------


def file(name, content):
    """bytes or text; ABSENT; os.mkdir or os.mkfifo for something that is no file."""
    return lambda folder: folder.files.update({name: content.encode() if isinstance(content, str) else content})


def cut(name, count):
    """Takes bytes off the end of a file."""
    return lambda folder: folder.files.update({name: folder.read(name)[:-count]})


def replace(name, old, new):
    """Replaces text once."""

    def change(folder):
        text = folder.read(name).decode()
        assert old in text, old
        folder.files[name] = text.replace(old, new, 1).encode()

    return change


def put(name, path, value):
    """put("config.json", "rope_parameters/rope_theta", 0): a member of a JSON file, by its path."""

    def change(folder):
        at, keys = folder.json(name), path.split("/")
        for key in keys[:-1]:
            at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {})
        if value is ABSENT:
            del at[keys[-1]]
        elif isinstance(at, list):
            at[int(keys[-1])] = value
        else:
            at[keys[-1]] = value

    return change


def config(**members):
    return lambda folder: [put("config.json", key, value)(folder) for key, value in members.items()]


def adapter(**members):
    return lambda folder: [put("adapter_config.json", key, value)(folder) for key, value in members.items()]


def tokenizer(path, value):
    return put("tokenizer.json", path, value)


def tokenizer_config(path, value):
    return put("tokenizer_config.json", path, value)


# -- weights ----------------------------------------------------------------------------------------------------------


def header(text, count=None):
    """The header's text, or its length, is another."""

    def change(folder):
        folder.weights().header_text, folder.weights().header_bytes = text, count

    return change


def tail(content):
    return lambda folder: setattr(folder.weights(), "tail", content)


def lie(name, **members):
    """The header says something else about a tensor; the data stay."""

    def tell(entries):
        entry = next(entry for known, entry in entries if known == name)
        for key, value in members.items():
            entry.pop(key) if value is ABSENT else entry.update({key: value})

    return lambda folder: folder.weights().lies.append(tell)


def entry(name, value):
    """The header's entry of this name is another, or there is one more."""

    def tell(entries):
        entries[:] = [pair for pair in entries if pair[0] != name] + [[name, value]]

    return lambda folder: folder.weights().lies.append(tell)


def twice(name):
    """The header has this name a second time."""
    return lambda folder: folder.weights().lies.append(
        lambda entries: entries.append(next(pair for pair in entries if pair[0] == name)))


def drop(*names):
    return lambda folder: [folder.weights().tensors.pop(name) for name in names]


def rename(old, new):
    def change(folder):
        tensors = folder.weights().tensors
        folder.weights().tensors = {new if name == old else name: value for name, value in tensors.items()}

    return change


def add(name, dtype, shape):
    """A tensor of zeros, new or in the place of another."""
    elements = 1
    for size in shape:
        elements *= size
    return lambda folder: folder.weights().tensors.update({name: [dtype, shape, bytes(elements * SIZES[dtype])]})


def value(name, index, content):
    """One element, as the bytes that are stored."""

    def change(folder):
        tensor = folder.weights().tensors[name]
        at = index * len(content)
        tensor[2] = tensor[2][:at] + content + tensor[2][at + len(content):]

    return change


def rows(name, count):
    """Rows of zeros more, or rows less."""

    def change(folder):
        tensor = folder.weights().tensors[name]
        row = len(tensor[2]) // tensor[1][0]
        tensor[1][0] += count
        tensor[2] = tensor[2][:tensor[1][0] * row] + bytes(max(count, 0) * row)

    return change
