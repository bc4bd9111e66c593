#!/bin/sh
# prepare.sh FOLDER: puts moto, an S3 server, into an environment of its own, FOLDER/object-store-venv. Nothing is
# installed for the user or the system. Ends with 0 also when no package index can be reached: the test then says that it
# is skipped.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=$1/object-store-venv
stamp=$venv/requirements.txt
cmp -s "$here/requirements.txt" "$stamp" && exit 0
rm -rf "$venv"
if python3 -m venv "$venv" >/dev/null 2>&1 &&
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 15 \
        --requirement "$here/requirements.txt" >"$1/object-store-venv.log" 2>&1; then
    cp "$here/requirements.txt" "$stamp"
    exit 0
fi
rm -rf "$venv"
echo "moto cannot be installed here ($1/object-store-venv.log says why): test_object_store will be skipped"
