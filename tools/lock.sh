#!/bin/sh
# Writes requirements/*.txt anew: the exact version and hash of every package that the Makefile installs, newest within the
# ranges of pyproject.toml, one set for Python 3.11 to 3.13. The first two take the same versions, test.txt has more of them;
# scores.txt is what tools/scores.py needs, apart from all.
# uv resolves for all these Pythons at once, which pip-tools cannot; it lives in a virtual environment of its own.
set -e
cd "$(dirname "$0")/.."
[ -x build/lock/bin/uv ] || {
    python=$(tools/find-python.sh "$PYTHON")
    "$python" -m venv --clear build/lock
    build/lock/bin/python -m pip install --quiet uv
}

lock() { # lock NAME, then what uv is to resolve
    name=$1
    shift
    echo "# Every package that make installs for \`$name\`, with its hashes. Written by \`make lock\`, not by hand." >"build/$name.txt"
    build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes \
        --no-header --no-annotate "$@" >>"build/$name.txt"
}

lock test --all-extras pyproject.toml
lock serve --extra build --constraints build/test.txt pyproject.toml
lock scores tools/scores.in
mv build/test.txt build/serve.txt build/scores.txt requirements/
git --no-pager diff --stat -- requirements || true
