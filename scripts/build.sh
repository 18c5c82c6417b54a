#!/bin/sh
# Builds the three functions for Lambda, and says where they are and for which processor.
#
# Usage: scripts/build.sh
#
# ARCHITECTURE is arm64, the default, or x86_64. Needs cargo-lambda with zig on the PATH.
set -eu

cd -- "$(dirname -- "$0")/.."
architecture=${ARCHITECTURE:-arm64}
case $architecture in
    arm64) target=aarch64-unknown-linux-gnu ;;
    x86_64) target=x86_64-unknown-linux-gnu ;;
    *)
        echo "build.sh: ARCHITECTURE is arm64 or x86_64, not '$architecture'" >&2
        exit 1
        ;;
esac

cargo lambda build --release --locked --target "$target" --output-format zip --bin describe --bin inactivate --bin status
"${PYTHON:-python3}" scripts/built.py "$architecture" \
    target/lambda/describe/bootstrap.zip target/lambda/inactivate/bootstrap.zip target/lambda/status/bootstrap.zip
