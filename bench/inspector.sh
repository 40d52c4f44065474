#!/usr/bin/env bash
# MCP Inspector's command line against specport: lists 292 tools and calls one, over stdio and over HTTP, as a
# client of either protocol era. Prints one line for each; stops at the first that goes wrong.
#
# Usage: bench/inspector.sh [SPECPORT]     SPECPORT: the command to test, default `specport`
# TOOLS_HOME=DIR keeps the installed Inspector for the next run (default: a temporary folder).
set -euo pipefail

readonly INSPECTOR='@modelcontextprotocol/inspector'
readonly INSPECTOR_VERSION='2.12.0'
readonly TOOLS=292
readonly ERAS=(legacy modern)
readonly DROPLET='{"body": {"name": "web-01", "region": "nyc3", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64"}}'

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=.ci/node_tools.sh
source "$root/.ci/node_tools.sh"

# Runs the Inspector for one method; its answer goes to $work/answer.json. Exits when it reports any error,
# which an isError result is as well. What it keeps at home goes with the temporary folder.
inspect() {
  if ! HOME="$work" "$node" "$tool" --cli --protocol-era "$era" "$@" \
    >"$work/answer.json" 2>"$work/inspector.log"; then
    cat "$work/answer.json" "$work/inspector.log" >&2
    fail "$label: the Inspector failed"
  fi
}

# What a JavaScript expression over the answer comes to.
of_answer() {
  "$node" -p "const answer = JSON.parse(require('fs').readFileSync('$work/answer.json', 'utf8')); $1"
}

# Stops unless the expression over the answer comes to what is wanted.
expect() {
  local found
  found=$(of_answer "$1")
  [[ $found == "$2" ]] || fail "$label: expected $2, found $found"
}

# Lists, with the Inspector's check of every schema for what clients reject, and calls; $@ is how to reach the server.
check() {
  local warnings
  inspect --method tools/list --strict "$@"
  expect 'answer.tools.length' "$TOOLS"
  warnings=$(grep --count '^Warning: tool' "$work/inspector.log" || true)
  inspect --method tools/call --tool-name droplets_dropletsCreate --tool-args-json "$DROPLET" "$@"
  expect 'answer.isError ?? false' false
  expect 'JSON.parse(answer.content[0].text).droplet.name' web-01
  echo "$label: $TOOLS tools (portability errors 0, warnings $warnings), droplets.dropletsCreate made a Droplet"
}

specport=$(command -v "${1:-specport}") || fail "no command ${1:-specport}"
install_tool "$INSPECTOR@$INSPECTOR_VERSION" "$INSPECTOR/clients/launcher/build/index.js"
start_server "$specport"
for era in "${ERAS[@]}"; do
  label="stdio, $era"
  check -- "$specport" serve --sandbox --no-state
  label="http, $era"
  check --transport http --server-url "$server_url"
done
