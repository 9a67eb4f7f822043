#!/bin/sh
# Installs the Debian packages that are missing for `python`, `serve`, `test`, `model`, `timbre`, `digits`, `waveform`,
# `embedding` or `ukulelatent`: as root or by passwordless sudo, else says which would help and goes on, because the daemon starts
# without any of them. Never removes a package.
cd "$(dirname "$0")/.." || exit 1

has_package() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

has_library() { # by its file, because PipeWire and JACK 1 bring libjack too
    PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -q "[[:space:]]$1 "
}

missing=
need() {
    has_package "$1" || missing="$missing $1"
}
need_library() {
    has_library "$1" || missing="$missing $2"
}

case $1 in
python)
    tools/find-python.sh "$PYTHON" >/dev/null 2>&1 || [ -n "$PYTHON" ] || need python3-venv
    ;;
serve | test | model)
    need_library libjack.so.0 libjack-jackd2-0
    need_library libportaudio.so.2 libportaudio2
    ;;
timbre)
    need sonic-pi-samples
    ;;
digits)
    command -v npm >/dev/null || need npm
    ;;
waveform | ukulelatent)
    need fluidsynth
    need fluid-soundfont-gm
    ;;
embedding)
    for package in fluidsynth fluid-soundfont-gm sonic-pi-samples; do
        need "$package"
    done
    ;;
*)
    echo "usage: $0 python | serve | test | model | timbre | digits | waveform | embedding | ukulelatent" >&2
    exit 2
    ;;
esac
if [ "$1" = test ]; then
    for package in jackd2 puredata-core supercollider-language liblo-tools fluidsynth fluid-soundfont-gm chromium-headless-shell faust; do
        need "$package"
    done
    command -v c++ >/dev/null || need g++ # which brings a C compiler
    command -v node >/dev/null || need nodejs
fi
if [ "$1" = model ]; then
    for package in fluidsynth fluid-soundfont-gm musescore-general-soundfont-lossless sonic-pi-samples; do
        need "$package"
    done
fi
missing=${missing# }
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "this is no Debian system: what Debian calls $missing would help, going on without" >&2
    exit 0
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        printf 'going on without system packages that would help, to install them:\n    sudo apt-get install %s\n' "$missing" >&2
        exit 0
    fi
    as_root="sudo -n"
fi

apt() { # non-interactive, because jackd2 asks a question
    # shellcheck disable=SC2086 # $as_root is empty or two words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
}
apt update -qq || echo "the lists of packages could not be renewed: those that are here are taken" >&2
known=
for name in $missing; do # one that a derivative has not would keep all the others out
    if apt-cache show "$name" >/dev/null 2>&1; then
        known="$known $name"
    else
        echo "this system knows no package $name: going on without" >&2
    fi
done
known=${known# }
[ -n "$known" ] || exit 0
echo "installing system packages: $known"
# shellcheck disable=SC2086 # a list of packages
if ! apt install -qq -y --no-install-recommends --no-remove $known; then
    printf 'these system packages could not be installed, going on without: %s\n' "$known" >&2
fi
