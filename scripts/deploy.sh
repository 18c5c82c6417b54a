#!/bin/sh
# Builds the functions and deploys the stack to AWS, with the credentials of the environment.
#
# Usage: scripts/deploy.sh
#
# ARCHITECTURE  the processor: arm64, the default, or x86_64
# PARAMETERS    a YAML file with the template's parameters. With it nothing is asked; without it SAM asks for each one
# STACK         the stack's name in place of that in samconfig.toml
#
# Needs cargo-lambda with zig, and the SAM CLI, on the PATH.
set -eu

cd -- "$(dirname -- "$0")/.."
architecture=${ARCHITECTURE:-arm64}
case $architecture in
    arm64 | x86_64) ;;
    *)
        echo "deploy.sh: ARCHITECTURE is arm64 or x86_64, not '$architecture'" >&2
        exit 1
        ;;
esac
if [ -n "${PARAMETERS:-}" ] && [ ! -f "$PARAMETERS" ]; then
    echo "deploy.sh: there is no file '$PARAMETERS' with parameters" >&2
    exit 1
fi
export SAM_CLI_TELEMETRY=0

sam build --parameter-overrides "Architecture=$architecture"
"${PYTHON:-python3}" scripts/built.py "$architecture" .aws-sam/build/*Function/bootstrap

set -- ${STACK:+--stack-name "$STACK"}
if [ -n "${PARAMETERS:-}" ]; then
    sam deploy --no-confirm-changeset --no-fail-on-empty-changeset "$@" \
        --parameter-overrides "file://$PARAMETERS" "Architecture=$architecture"
else
    sam deploy --guided "$@" --parameter-overrides "Architecture=$architecture"
fi
