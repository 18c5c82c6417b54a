#!/bin/sh
# Builds what a release holds into target/release-files: each function for each processor, its SBOM (CycloneDX), and SHA256SUMS.
#
# Usage: scripts/release.sh
#
# Needs cargo-lambda with zig, cargo-cyclonedx, and Rust's targets for both processors.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
output=$root/target/release-files
functions="describe inactivate status"

cd "$root"
rm -rf "$output"
mkdir -p "$output"

for processor in arm64 x86_64; do
    case $processor in
        arm64) target=aarch64-unknown-linux-gnu ;;
        x86_64) target=x86_64-unknown-linux-gnu ;;
    esac
    cargo lambda build --release --locked --target "$target" --output-format zip --lambda-dir "$root/target/lambda-$processor" \
        --bin describe --bin inactivate --bin status
    # It writes a file beside every manifest of the workspace.
    cargo cyclonedx --target "$target" --no-build-deps --format json --spec-version 1.5 --override-filename release.cdx --quiet
    for function in $functions; do
        cp "target/lambda-$processor/$function/bootstrap.zip" "$output/$function-$processor.zip"
        "${PYTHON:-python3}" scripts/sbom.py "$function" "$target" "functions/$function/release.cdx.json" >"$output/$function-$processor.cdx.json"
    done
    find . -name release.cdx.json -not -path './target/*' -delete
done

cd "$output"
sha256sum -- * >SHA256SUMS
