#!/usr/bin/env python3
"""A running trainer against its own description: schemathesis asks every address with good and bad values.

usage: test_description.py GOD BUILD_FOLDER       77: skipped, schemathesis is not installed
"""
import os
import subprocess
import sys

from trainer import Trainer

GOD, BUILD = sys.argv[1:3]
TOOL = os.path.join(BUILD, "api-venv", "bin", "schemathesis")
# A description says less than the checks of a request (names that become paths, what a task type needs), so 422 for what
# it allows is right; and a task may be called "start_training", so GET is no wrong method there and stands in Allow.
NOT_OURS = "positive_data_acceptance,unsupported_method,allow_header_conformance"


def main():
    if not os.path.exists(TOOL):
        print(f"skipped: {TOOL} is not there; tests/integration/api/prepare.sh {BUILD} installs it")
        return 77
    # Nobody answers as a hub: whatever is started ends as a failure. A model preparation answers with 500 then, as the
    # interface has it, so test_trainer.py asks for those.
    with Trainer(GOD, "http://127.0.0.1:9") as trainer:
        command = [TOOL, "run", f"http://127.0.0.1:{trainer.port}/openapi.json", "--exclude-operation-id", "model_prep",
                   "--phases", "examples,coverage,fuzzing", "--max-examples", "8", "--checks", "all",
                   "--exclude-checks", NOT_OURS, "--seed", "1", "--workers", "1", "--continue-on-failure", "--warnings", "off"]
        done = subprocess.run(command, cwd=trainer.top, env=dict(os.environ, NO_COLOR="1"), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        print(done.stdout[-20000:])
        assert trainer.end() == 0
        errors = [line for line in trainer.lines if '"level":"error"' in line]
    assert not errors, "".join(errors)
    return 1 if done.returncode else 0


sys.exit(main())
