#!/bin/sh
# What somebody who has only the installed SDK does.
#   installed_sdk.sh install|cmake|make|template CMAKE BUILD_DIR WORK_DIR
set -eu
way=$1
cmake=$2
build=$3
work=$4
prefix=$work/prefix
export PATH="$prefix/bin:$PATH" HOME="$work/home"
unset XDG_STATE_HOME XDG_CACHE_HOME GOD_CONFIG CMAKE_PREFIX_PATH PKG_CONFIG_PATH || true

fresh() {
    rm -rf "$1"
    mkdir -p "$1"
}

case $way in
install)
    fresh "$work"
    mkdir -p "$HOME"
    "$cmake" --install "$build" --prefix "$prefix"
    # Nothing that was installed may point back into the source or build folder.
    if grep -rlF "$build" "$prefix" --include='*.cmake' --include='*.pc' --include='Makefile' --include='*.h'; then
        echo "these installed files name the build folder"
        exit 1
    fi
    # The whole of it must work from another place: it is moved once, and used from there.
    mv "$prefix" "$prefix-moved" && mv "$prefix-moved" "$prefix"
    test -x "$(command -v god)"
    ;;
cmake)
    fresh "$work/cmake"
    cp -R "$prefix/share/god/examples/minimal" "$work/cmake/minimal"
    "$cmake" -S "$work/cmake/minimal" -B "$work/cmake/build"
    "$cmake" --build "$work/cmake/build"
    god plugin check "$work/cmake/build/minimal.so"
    ;;
make)
    fresh "$work/make"
    cp -R "$prefix/share/god/examples/minimal" "$work/make/minimal"
    PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name god-sdk.pc)")
    export PKG_CONFIG_PATH
    make -C "$work/make/minimal" CFLAGS=
    god plugin check "$work/make/minimal/minimal.so"
    ;;
template)
    fresh "$work/template"
    cd "$work/template"
    god plugin new some-score
    cd some-score
    if grep -rn '@[A-Z_]*@' .; then
        echo "a placeholder was left in"
        exit 1
    fi
    "$cmake" -S . -B build -DCMAKE_C_FLAGS="-Wall -Wextra -Werror"
    "$cmake" --build build
    "$(dirname "$cmake")/ctest" --test-dir build --output-on-failure
    make check CFLAGS="-O2 -Wall -Wextra -Werror"
    ;;
*)
    echo "unknown way: $way" >&2
    exit 2
    ;;
esac
