#!/bin/sh
# Writes MIDI files of the scores of music21 into the folder $1: some ten minutes. music21 lives in an environment of its
# own, from its own lock, so that nothing else has to carry its 67 MB of scores.
set -e
cd "$(dirname "$0")/.."
folder=$1
[ -n "$folder" ] || {
    echo "usage: $0 FOLDER" >&2
    exit 2
}
lock=requirements/scores.txt
environment=build/scores
[ "$environment/.done" -nt "$lock" ] || {
    python=$(tools/find-python.sh "$PYTHON")
    "$python" -m venv --clear "$environment"
    echo "bringing music21, 30 MB, and what it needs"
    "$environment/bin/python" -m pip install --quiet --prefer-binary --require-hashes --requirement "$lock"
    touch "$environment/.done"
}
"$environment/bin/python" tools/scores.py "$folder"
