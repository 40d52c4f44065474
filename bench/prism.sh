#!/usr/bin/env bash
# Stoplight Prism judges every operation of a document as it leaves specport: with what is required and with everything.
# Prints each request that Prism finds fault with and the count; exit code 1 for one that docs/fidelity.md does not explain.
#
# Usage: bench/prism.sh [DOCUMENT]     by default the published DigitalOcean document; PYTHON: default .venv/bin/python
# TOOLS_HOME=DIR keeps the installed Prism for the next run (default: a temporary folder).
set -euo pipefail

readonly PRISM='@stoplight/prism-cli'
readonly PRISM_VERSION='5.14.2'

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=.ci/node_tools.sh
source "$root/.ci/node_tools.sh"

python=${PYTHON:-$root/.venv/bin/python}
document=${1:-$("$python" -c "import sys; sys.path.insert(0, '$root/bench'); import measuring; print(measuring.default_document())")}
[[ -f $document ]] || fail "no document at $document"
install_tool "$PRISM@$PRISM_VERSION" "$PRISM/dist/index.js"

port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$node" "$tool" mock --errors --host 127.0.0.1 --port "$port" "$document" </dev/null >"$work/prism.log" 2>&1 &
server_process=$!
for ((try = 0; try < START_TRIES; try++)); do
  grep --quiet 'Prism is listening' "$work/prism.log" && break
  kill -0 "$server_process" 2>/dev/null || break
  sleep 0.5
done
grep --quiet 'Prism is listening' "$work/prism.log" || { tail -n 5 "$work/prism.log" >&2; fail 'Prism did not start'; }
"$python" "$root/bench/prism.py" "http://127.0.0.1:$port" "$document"
