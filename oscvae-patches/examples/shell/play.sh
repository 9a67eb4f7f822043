#!/bin/sh
# oscvae from a shell, by oscsend and oscdump (Debian: liblo-tools): play.sh [port [host]]
# What every message means: docs/osc.md. The second word of each line says the types: i int, f float, s string.
port=${1:-9000}
host=${2:-localhost}
listen=${LISTEN:-9010} # where oscdump listens

send() { oscsend "$host" "$port" "$@"; }

# What happens, from another port of this machine: oscsend itself hears no answers.
oscdump -L "$listen" &
trap 'kill $!' EXIT
sleep 0.3
send /notify ii 1 "$listen"

send /play iffffff 60 0.1 0.2 -0.3 0.4 0.8 0.5 # a note, released after half a second
sleep 0.6

for note in 48 55 63; do
    send /play iffffff $note 0.1 0.2 -0.3 0.4 0.7 0.5
done
sleep 0.8

# a key that is held follows the cursor
send /z ffff -1 0 0 0
send /note ii 52 100
send /glide fffff 0.5 1 0 0 0
sleep 0.6
send /note ii 52 0

send /preset/save s shell
send /preset/recall sf shell 0.2
sleep 0.4
send /notify ii 0 "$listen"
