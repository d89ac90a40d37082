#!/usr/bin/env bash
# More callers than a server can take, with everything on this machine's loopback: a server, a simulated model, and CALLS
# callers who stay SECONDS each. Tells how many were taken, refused and cut, why they were refused, and whether the server
# lives. The server is run as `deno task serve` runs it, but keeps no records.
#
#   CALLS      callers (default 600)             RAMP_MS   between two of them (default 20)
#   SECONDS_UP how long each stays (default 20)  PAUSE_MS  between two of their sentences (default 8000)
#   MAX_CALLS  the server's slots (default: as many as memory holds)
#   MEMORY_MB  a limit that the kernel enforces on the server by a control group (default: none). Needs root and a
#              writable control group file system; skipped with a message where there is none.
#
# Exit code: 0 the server lives and nobody was cut; 1 otherwise.
set -euo pipefail
cd "$(dirname "$0")/../.."

calls=${CALLS:-600} ramp=${RAMP_MS:-20} pause=${PAUSE_MS:-8000} seconds=${SECONDS_UP:-20} memory=${MEMORY_MB:-}
port=${PORT:-18080} model_port=${MODEL_PORT:-18090}
public=https://overload.slimline.invalid token=overload-of-this-machine
work=$(mktemp -d) group="" pids=()

cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  [[ -z $group ]] || rmdir "$group" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

# Makes a control group with the limit, v2 or v1, and sets `group`.
limit_memory() {
  local root bytes=$((memory * 1024 * 1024))
  for root in /sys/fs/cgroup /sys/fs/cgroup/memory; do
    group=$root/slimline-overload-$$
    mkdir "$group" 2>/dev/null || continue
    if [[ -f $group/memory.max ]]; then
      echo "$bytes" >"$group/memory.max" && return
    elif [[ -f $group/memory.limit_in_bytes ]]; then
      echo "$bytes" >"$group/memory.limit_in_bytes" && return
    fi
    rmdir "$group"
  done
  group=""
  return 1
}

first_of() { # the first of some files of the group that is there
  local file
  for file in "$@"; do [[ -f $group/$file ]] && cat "$group/$file" && return; done
}

if [[ -n $memory ]] && ! limit_memory; then
  echo "skipped: no control group with a memory limit can be made here (root and /sys/fs/cgroup are needed)"
  exit 0
fi

# Its variables, flags and bundle; not the task itself, whose own process would count against the limit.
main=$(deno run --quiet --no-prompt --allow-read=. --allow-write=dist --allow-run=deno build/server_bundle.ts)
read -ra serve < <(deno eval "import { selfAs } from './src/cli/self.ts';
  const { command, args, env } = await selfAs('server', '$main');
  console.log(...Object.entries(env).map((entry) => entry.join('=')), command, ...args, 'serve');")

deno run --quiet --no-prompt --allow-net main.ts emulate --port "$model_port" >"$work/model" 2>&1 &
pids+=($!)
(
  [[ -z $group ]] || echo "$BASHPID" >"$group/cgroup.procs"
  exec env HOST=127.0.0.1 PORT="$port" PUBLIC_URL=$public TWILIO_AUTH_TOKEN=$token OPENAI_API_KEY=none \
    OPENAI_REALTIME_URL="ws://127.0.0.1:$model_port/v1/realtime" MAX_CALLS="${MAX_CALLS:-}" MEMORY_LIMIT_MB="" \
    DRAIN_SECONDS=0 LOG_FORMAT=json ADMIN_TOKEN="$token" "${serve[@]}" --no-records
) >"$work/server" 2>&1 &
server=$!
pids+=("$server")
for _ in {1..100}; do
  grep -q '"listening"' "$work/server" && break
  sleep 0.1
done

failed=0
deno run --quiet --no-prompt --allow-net=127.0.0.1 --allow-env main.ts call --to "http://127.0.0.1:$port" \
  --public $public --token $token --admin-token $token --calls "$calls" --ramp "$ramp" --seconds "$seconds" --pause "$pause" --expect-refused || failed=1

echo "refused, by reason:"
# The log counts those that repeat in a line of their own.
awk -F'"' '/"call_refused"/ {
  reason = "?"; count = 1
  if (match($0, /"reason":"[a-z_]*"/)) reason = substr($0, RSTART + 10, RLENGTH - 11)
  if (match($0, /"repeated":[0-9]+/)) count = substr($0, RSTART + 11, RLENGTH - 11)
  sum[reason] += count
} END { for (reason in sum) print "      " sum[reason], reason; if (!length(sum)) print "      none" }' "$work/server"
if kill -0 "$server" 2>/dev/null; then
  echo "the server lives"
else
  echo "THE SERVER DIED; it said last:"
  tail -5 "$work/server"
  failed=1
fi
if [[ -n $group ]]; then
  peak=$(first_of memory.peak memory.max_usage_in_bytes)
  echo "memory of its control group: at most $((peak / 1024 / 1024)) MB of $memory MB;" \
    "killed by the kernel: $(first_of memory.events memory.oom_control | grep -w oom_kill | cut -d' ' -f2)"
fi
exit $failed
