#!/bin/sh
# Installs the project, editable, into the environment of the Python $1: for `serve` or `test` ($2), from the lock of that name.
set -e
cd "$(dirname "$0")/.."
python=$1
lock=requirements/$2.txt
[ -f "$lock" ] || {
    echo "usage: $0 PYTHON serve | test" >&2
    exit 2
}
echo "installing Python packages: torch brings several GB of CUDA libraries, once"
if [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ]; then
    "$python" -m pip install --prefer-binary --require-hashes --requirement "$lock"
    # pip can give an editable install no hash, and a build in isolation would fetch its own: hatchling is in the lock.
    "$python" -m pip install --no-deps --no-build-isolation --editable .
else
    echo "$lock was made for Linux on x86-64, this is $(uname -s) on $(uname -m):" \
        "taking the newest packages that pyproject.toml admits, untested together"
    extra=
    [ "$2" = serve ] || extra='[dev]'
    "$python" -m pip install --prefer-binary --editable ".$extra"
fi
