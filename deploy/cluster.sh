#!/usr/bin/env bash
# Three nodes on PostgreSQL behind HAProxy on this machine, without containers: what docker-compose.yml describes.
#
#   deploy/cluster.sh [DIRECTORY]
#
# Uses Debian's postgresql and haproxy, and the fanfare of $FANFARE (default: target/release/fanfare). Keeps everything
# in DIRECTORY (default: a new temporary one), listens on loopback only, prints where, and ends all of it with
# Ctrl-C. PORT (default 8071) is the balancer's; the nodes and PostgreSQL take the four ports after it.
set -euo pipefail
cd "$(dirname "$0")/.."

fanfare=$(realpath "${FANFARE:-target/release/fanfare}")
port=${PORT:-8071}
directory=$(realpath "${1:-$(mktemp --directory)}")
postgres=$(ls -d /usr/lib/postgresql/*/bin | sort --version-sort | tail -1)
database_port=$((port + 4))

# PostgreSQL refuses to run as root.
unprivileged() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi; }

started=()
finish() {
  trap - EXIT INT TERM
  for process in "${started[@]}"; do kill -TERM "$process" 2>/dev/null || true; done
  wait
  unprivileged "$postgres/pg_ctl" --pgdata="$directory/postgres" --mode=fast stop >/dev/null 2>&1 || true
}
trap finish EXIT INT TERM

until_ready() { # NAME COMMAND…: waits a minute at most
  local name=$1; shift
  for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done
  echo "cluster.sh: $name does not answer: see $directory" >&2
  exit 1
}

mkdir -p "$directory"
chmod 711 "$directory"
install --directory --mode=700 "$directory/postgres" "$directory/run"
if [ "$(id -u)" = 0 ]; then chown postgres: "$directory/postgres" "$directory/run"; fi
if [ ! -e "$directory/postgres/PG_VERSION" ]; then
  unprivileged "$postgres/initdb" --pgdata="$directory/postgres" --username=fanfare --auth=trust --encoding=UTF8 >/dev/null
fi
unprivileged "$postgres/pg_ctl" --pgdata="$directory/postgres" --wait --log="$directory/run/postgres.log" \
  --options="-c listen_addresses=127.0.0.1 -c port=$database_port -c unix_socket_directories=$directory/run" start >/dev/null

[ -e "$directory/master.key" ] || (umask 077; head --bytes=32 /dev/urandom | base64 >"$directory/master.key")
export FANFARE_MASTER_KEY_FILE=$directory/master.key
export FANFARE_DATABASE_URL=postgres://fanfare@127.0.0.1:$database_port/postgres
export FANFARE_PUBLIC_URL=http://127.0.0.1:$port

[ -e "$directory/admin.key" ] || (umask 077; "$fanfare" env create production >"$directory/admin.key")

# A node that ends is started again, as `restart: unless-stopped` does.
keep_running() { # NODE
  local server=
  trap 'kill -TERM "$server" 2>/dev/null; wait "$server"; exit' TERM
  while :; do
    "$fanfare" serve --node "node-$1" --listen "127.0.0.1:$((port + $1))" --allow-network 127.0.0.0/8 \
      >>"$directory/node-$1.log" 2>&1 &
    server=$!
    echo "$server" >"$directory/node-$1.pid"
    wait "$server" || true
    sleep 1
  done
}
for node in 1 2 3; do
  keep_running "$node" &
  started+=($!)
done
for node in 1 2 3; do until_ready "node-$node" curl --fail --silent "http://127.0.0.1:$((port + node))/health/ready"; done

LISTEN=127.0.0.1:$port NODE_1=127.0.0.1:$((port + 1)) NODE_2=127.0.0.1:$((port + 2)) NODE_3=127.0.0.1:$((port + 3)) \
  haproxy -f deploy/haproxy.cfg >"$directory/haproxy.log" 2>&1 &
started+=($!)
until_ready haproxy curl --fail --silent "http://127.0.0.1:$port/health/ready"

echo "address    http://127.0.0.1:$port"
echo "admin key  $directory/admin.key"
echo "database   $FANFARE_DATABASE_URL"
echo "files      $directory"
wait
