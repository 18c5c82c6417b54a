#!/bin/sh
# Makes a Python environment for one of the project's tools, or leaves it alone when it is up to date.
#
# Usage: scripts/environment.sh NAME REQUIREMENTS_FILE
#
# The environment is .tools/NAME, its programs are in .tools/NAME/bin. It is made anew when the requirements file, the
# Python interpreter or the project's folder changes. PYTHON names another interpreter than python3.
set -eu

fail() {
    echo "environment.sh: $*" >&2
    exit 1
}

[ $# -eq 2 ] || fail "usage: scripts/environment.sh NAME REQUIREMENTS_FILE"
name=$1
requirements=$2
python=${PYTHON:-python3}

case $name in
    "" | *[!a-z0-9-]*) fail "the name '$name' may hold lower-case letters, digits and hyphens only" ;;
esac
[ -f "$requirements" ] || fail "there is no requirements file '$requirements'"
command -v "$python" >/dev/null || fail "'$python' is not installed; Python 3.11 or newer is needed"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version) is too old; Python 3.11 or newer is needed (PYTHON=/path/to/python3 chooses another)"

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
folder=$root/.tools/$name
log=$root/.tools/$name.log
stamp=$folder/stamp

# The folder is part of the stamp because the programs in bin name their interpreter by its full path.
wanted=$("$python" -c '
import hashlib, pathlib, sys
requirements, folder = sys.argv[1:]
parts = [pathlib.Path(requirements).read_bytes(), folder.encode(), sys.version.encode(), sys.base_prefix.encode()]
print(hashlib.sha256(b"\0".join(parts)).hexdigest())
' "$requirements" "$folder")

up_to_date() {
    [ -x "$folder/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]
}

if up_to_date; then
    exit 0
fi

"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "'$python' cannot make virtual environments: its venv or ensurepip module is missing." \
        "On Debian and Ubuntu: apt install python3-venv"

# Two runs at once would delete each other's work. The lock goes with the process, however that ends.
mkdir -p "$root/.tools"
exec 9>"$root/.tools/$name.lock"
if command -v flock >/dev/null; then
    flock 9
    if up_to_date; then
        exit 0
    fi
fi

echo "Installing the $name tools into .tools/$name (once; log in .tools/$name.log) ..."
rm -rf "$folder"
if ! {
    "$python" -m venv "$folder" &&
        "$folder/bin/python" -m pip install --disable-pip-version-check --no-input --requirement "$requirements"
} >"$log" 2>&1 9>&-; then
    tail -n 20 "$log" >&2
    fail "the $name tools could not be installed; the whole log is in $log"
fi
echo "$wanted" >"$stamp"
