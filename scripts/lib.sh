# Sourced by the scripts here: makes .venv and installs what is pinned, once, and again when the pins change.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.14 python3.13 python3.12 python3.11 python3 python; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "stepdeploy needs Python 3.11 or newer; none was found (set PYTHON=/path/to/python)." >&2
  exit 2
}

# ensure_venv FILE...: .venv with these requirements files installed.
ensure_venv() {
  local stamp=".venv/.installed-$(basename "${!#}" .txt)" wanted
  wanted="$(cat "$@" | cksum)"
  if [ -x .venv/bin/python ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    return
  fi
  local python
  python="$(find_python)"
  [ -x .venv/bin/python ] || { echo "Making .venv with $("$python" --version)"; "$python" -m venv .venv; }
  echo "Installing the pinned requirements (once)"
  local arguments=() file
  for file in "$@"; do arguments+=(-r "$file"); done
  .venv/bin/python -m pip install --quiet --disable-pip-version-check "${arguments[@]}"
  echo "$wanted" >"$stamp"
}
