#!/bin/sh
# Prints the Python to build the virtual environment with: $1 where given, else the first of the usual names that
# pyproject.toml's requires-python admits and that has venv and ensurepip (Debian ships those apart, in python3-venv).
cd "$(dirname "$0")/.." || exit 1

check='
import re, sys
bounds = re.search(r"requires-python = \">=3\.(\d+),<3\.(\d+)\"", open("pyproject.toml").read())
low, high = map(int, bounds.groups())
if not (3, low) <= sys.version_info[:2] < (3, high):
    sys.exit("%s is Python %d.%d, oscvae needs 3.%d to 3.%d" % (sys.executable, *sys.version_info[:2], low, high - 1))
try:
    import ensurepip, venv
except ImportError:
    sys.exit("%s has no venv or ensurepip: sudo apt-get install python3-venv" % sys.executable)
print(sys.executable)
'

if [ -n "$1" ]; then
    exec "$1" -c "$check" </dev/null
fi
for python in python3.11 python3.12 python3.13 python3 /usr/bin/python3; do
    "$python" -c "$check" </dev/null 2>/dev/null && exit # a pyenv shim may exist and yet not run
done
echo "no Python that oscvae can use ($(grep requires-python pyproject.toml)) with venv was found:" \
    "sudo apt-get install python3-venv, or make PYTHON=/path/to/python" >&2
exit 1
