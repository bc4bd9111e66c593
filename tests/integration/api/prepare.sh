#!/bin/sh
# prepare.sh FOLDER: puts schemathesis into an environment of its own, FOLDER/api-venv. Nothing is installed for the
# user or the system. Ends with 0 also when no package index can be reached: the test then says that it is skipped.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=$1/api-venv
stamp=$venv/requirements.txt
cmp -s "$here/requirements.txt" "$stamp" && exit 0
rm -rf "$venv"
if python3 -m venv "$venv" >/dev/null 2>&1 &&
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 15 \
        --requirement "$here/requirements.txt" >"$1/api-venv.log" 2>&1; then
    cp "$here/requirements.txt" "$stamp"
    exit 0
fi
rm -rf "$venv"
echo "schemathesis cannot be installed here ($1/api-venv.log says why): test_api will be skipped"
