#!/usr/bin/env python3
"""Signatures both ways between our sr25519 and an independent one.

    pip install py-sr25519-bindings==0.2.4
    cross_check.py --lines build/tests/identity_lines [--pairs 1000]

Each pair is a random seed and message: both sides must make the same public key, and each must accept what the other
signed and refuse it for another message. Ends with `1000 pairs agree`, or with the seed that does not.
"""

import argparse
import os
import random
import subprocess
import sys

import sr25519


class Lines:
    def __init__(self, program):
        self.child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.child.stdin.write(" ".join(words) + "\n")
        self.child.stdin.flush()
        return self.child.stdout.readline().split()


def check(lines, seed, message):
    public, secret = sr25519.pair_from_seed(seed)
    text = message.hex() or "-"
    ours_public, ours = lines.ask("sign", seed.hex(), text)
    theirs = sr25519.sign((public, secret), message)
    return (ours_public == public.hex()
            and sr25519.verify(bytes.fromhex(ours), message, public)
            and not sr25519.verify(bytes.fromhex(ours), message + b"x", public)
            and lines.ask("verify", public.hex(), text, theirs.hex()) == ["1"]
            and lines.ask("verify", public.hex(), (message + b"x").hex(), theirs.hex()) == ["0"])


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--lines", required=True)
    options.add_argument("--pairs", type=int, default=1000)
    arguments = options.parse_args()
    lines = Lines(arguments.lines)
    for _ in range(arguments.pairs):
        seed, message = os.urandom(32), os.urandom(random.randrange(0, 600))
        if not check(lines, seed, message):
            sys.exit(f"seed {seed.hex()}, message {message.hex()}: the two do not agree")
    print(f"{arguments.pairs} pairs agree")


main()
