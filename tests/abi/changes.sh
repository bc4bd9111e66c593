#!/bin/sh
# Does sdk/CHANGES.md know the public headers as they are?
#   changes.sh          fails when a header has changed since its checksum was recorded
#   changes.sh record   writes the checksums of the headers as they are now
set -eu
cd "$(dirname "$0")/../../sdk"
export LC_ALL=C

checksums() {
    find include helpers/include nn/include -name '*.h' | sort | xargs sha256sum | sed 's/^/    /'
}
recorded() { sed -n '/^## Checksums$/,$p' CHANGES.md | grep '^    [0-9a-f]' || true; }

if [ "${1:-check}" = record ]; then
    text=$(sed '/^## Checksums$/q' CHANGES.md)
    printf '%s\n\n%s\n' "$text" "$(checksums)" >CHANGES.md
    exit 0
fi
if [ "$(checksums)" = "$(recorded)" ]; then
    echo "every public header is as sdk/CHANGES.md knows it"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
recorded >"$work/recorded"
checksums >"$work/now"
echo "these public headers are not as sdk/CHANGES.md knows them (< recorded, > now):"
diff "$work/recorded" "$work/now" || true
echo "say in sdk/CHANGES.md what changed, then run: sh tests/abi/changes.sh record"
exit 1
