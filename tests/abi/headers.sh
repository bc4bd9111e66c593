#!/bin/sh
# Every public header compiles alone, as C11 and as C++17, without a warning; so does layout.c.
#   headers.sh CC CXX
set -u
cc=$1
cxx=$2
here=$(cd "$(dirname "$0")" && pwd)
sdk=$here/../../sdk
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strict="-Wall -Wextra -pedantic -Werror -fsyntax-only"
# The C standard library and nothing else, except for god/helpers/json.h, which is made for jansson.
include="-I$sdk/include -I$sdk/helpers/include -I$sdk/nn/include $(pkg-config --cflags jansson)"
failed=0

# compile FILE NAME: both languages
compile() {
    # shellcheck disable=SC2086
    $cc -std=c11 $strict $include -x c "$1" || { echo "$2 does not compile alone as C11"; failed=1; }
    # shellcheck disable=SC2086
    $cxx -std=c++17 $strict $include -x c++ "$1" || { echo "$2 does not compile alone as C++17"; failed=1; }
}

count=0
for root in "$sdk/include" "$sdk/helpers/include" "$sdk/nn/include"; do
    for header in $(cd "$root" && find god -name '*.h' | sort); do
        printf '#include "%s"\n#include "%s"\nint nothing;\n' "$header" "$header" >"$work/alone.c"
        compile "$work/alone.c" "$header"
        count=$((count + 1))
    done
done
compile "$here/layout.c" layout.c
[ "$count" -gt 5 ] || { echo "only $count headers were found"; failed=1; }
[ "$failed" -eq 0 ] && echo "$count headers compile alone"
exit "$failed"
