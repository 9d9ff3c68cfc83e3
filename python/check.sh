#!/usr/bin/env bash
# Makes the wheel, or takes the one that is named, installs it into a fresh environment, and runs the package's tests there.
#
#   python/check.sh [WHEEL]
#
# PYTHON names the interpreter; with WITH_TORCH=1 the tests of exported nets run too. Where zig's package can be had, the wheel runs on
# Linux from glibc 2.17 on; else on systems like this one.
set -euo pipefail
cd "$(dirname "$0")"
python=${PYTHON:-python3}
wheel=${1:+$(realpath "$1")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -m venv "$work/tools"
"$work/tools/bin/pip" install --quiet "maturin>=1.9,<2" black ruff
"$work/tools/bin/black" --quiet --check .
"$work/tools/bin/ruff" check --quiet .

if [ -z "$wheel" ]; then
    rm -f dist/lcnnc-*.whl
    portable=()
    if [ "$(uname)" = Linux ] && "$work/tools/bin/pip" install --quiet ziglang; then
        portable=(--zig --compatibility manylinux_2_17)
    fi
    PATH=$work/tools/bin:$PATH maturin build --release --locked --out dist "${portable[@]}"
    wheel=$(realpath dist/lcnnc-*.whl)
fi

"$python" -m venv "$work/fresh"
fresh=$work/fresh/bin
"$fresh/pip" install --quiet "$wheel" ipython
if [ -n "${WITH_TORCH:-}" ]; then
    "$fresh/pip" install --quiet torch
fi
# The program and the package are those of the wheel, and no others.
unset LCNNC_BINARY PYTHONPATH LCNNC_DATA
"$fresh/lcnnc" --version
cd tests
[ "$("$fresh/python" -c 'import lcnnc; print(lcnnc.find_lcnnc())')" = "$fresh/lcnnc" ]
"$fresh/python" -m unittest discover --verbose
