#!/bin/sh
# Checks that the named packages depend on no second TLS stack and no HTTP/2.
set -eu

for package in "$@"; do
    # Not in a pipe, where its failure would look like a tree without these crates.
    tree=$(cargo tree --locked --package "$package" --edges normal --target all --prefix none)
    for crate in aws-lc-sys aws-lc-rs h2 openssl openssl-sys native-tls; do
        if echo "$tree" | grep -q "^$crate v"; then
            echo "$package depends on $crate, which does not belong into a function:" >&2
            cargo tree --locked --package "$package" --edges normal --target all --invert "$crate" >&2
            exit 1
        fi
    done
done
