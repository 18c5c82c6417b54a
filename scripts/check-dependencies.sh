#!/bin/sh
# Checks that the named packages depend on no second TLS stack and no HTTP/2.
set -eu

for package in "$@"; do
    for crate in aws-lc-sys aws-lc-rs h2 openssl openssl-sys native-tls; do
        users=$(cargo tree --locked --package "$package" --edges normal --target all --prefix none |
            awk -v crate="$crate" '$1 == crate' | sort -u)
        if [ -n "$users" ]; then
            echo "$package depends on $users, which does not belong into a function:" >&2
            cargo tree --locked --package "$package" --edges normal --target all --invert "$crate" >&2
            exit 1
        fi
    done
done
