#!/bin/sh
# Installs what the benchmark compares with into .tools, and lays out in target/bench what is started and measured.
#
# The Node.js peers need Node.js 20 with its headers, npm, cmake, autoconf, automake, libtool and a C++ compiler, because Lambda's client
# for Node.js is built where it is installed. Where they are missing, those peers are left out.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
peers=$root/bench/peers/node
folder=$root/.tools/bench-node
output=$root/target/bench

missing=
for program in node npm cmake autoconf automake libtoolize c++; do
    command -v "$program" >/dev/null || missing="$missing $program"
done

if [ -n "$missing" ]; then
    echo "The Node.js peers are left out; not installed:$missing" >&2
else
    mkdir -p "$folder"
    if ! cmp -s "$peers/package-lock.json" "$folder/installed"; then
        echo "Installing the Node.js peers into .tools/bench-node (once; log in .tools/bench-node.log) ..."
        cp "$peers/package.json" "$peers/package-lock.json" "$folder"
        # The headers that came with this Node.js, since they are not fetched.
        npm_config_nodedir=$(node -p 'require("path").resolve(process.execPath, "../..")') \
            npm ci --prefix "$folder" --no-audit --no-fund >"$root/.tools/bench-node.log" 2>&1 || {
            tail -n 20 "$root/.tools/bench-node.log" >&2
            exit 1
        }
        cp "$peers/package-lock.json" "$folder/installed"
    fi
    for operation in describe inactivate status; do
        NODE_PATH=$folder/node_modules "$folder/node_modules/.bin/esbuild" "$peers/$operation.js" --bundle --minify \
            --platform=node --target=node20 --log-level=error --outfile="$output/node-$operation/index.js"
    done
fi

"$root/.tools/bench/bin/python" -m compileall -q "$root/bench/peers/python"
"$root/.tools/bench/bin/python" "$root/bench/peers/python/package.py"
