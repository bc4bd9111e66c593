#!/bin/sh
# Is every C file formatted as .clang-format says? format.sh SOURCE_FOLDER. Ends with 77 (skipped) where it cannot tell.
set -eu
cd "$1"
version=$(clang-format --version 2>/dev/null | sed -n 's/.*version \([0-9]*\).*/\1/p')
if [ "$version" != 14 ]; then
    echo "skipped: clang-format 14 is needed, because other versions break lines elsewhere (found: ${version:-none})"
    exit 77
fi
find core plugins sdk tests -name '*.[ch]' -o -name '*.cu' -o -name '*.cuh' | grep -v '@' | sort |
    xargs clang-format --dry-run -Werror
