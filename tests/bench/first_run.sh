#!/usr/bin/env bash
# How long it takes a newcomer with git and Node's npm, and nothing else of ours on the machine, to talk to an agent: the
# first block of README.md with an empty home and empty caches, until the telephone's page is served. The clone is one of
# this checkout, over no network; npm and the packages come from npm's registry.
#
#   LIMIT_SECONDS  at most so many in all (default 120)
#
# Exit code: 0 in time, 1 too late, or it failed.
set -euo pipefail
cd "$(dirname "$0")/../.."
repository=$PWD limit=${LIMIT_SECONDS:-120}
work=$(mktemp -d) try=""

cleanup() {
  # The whole group, as Ctrl-C on a terminal: npx does not pass a signal on.
  if [[ -n $try ]]; then
    kill -INT -- "-$try" 2>/dev/null || true
    for _ in {1..100}; do
      kill -0 -- "-$try" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL -- "-$try" 2>/dev/null || true
    wait 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

now() { echo "$((${EPOCHREALTIME/./} / 1000))"; }

megabytes() { du -sm "$1" 2>/dev/null | cut -f1 || true; }

# step NAME: tells how long it is since the step before.
start_ms=$(now) last_ms=$start_ms
step() {
  local at_ms
  at_ms=$(now)
  printf '%6s s  %s\n' "$(seconds $((at_ms - last_ms)))" "$1"
  last_ms=$at_ms
}
seconds() { printf '%d.%d' "$(($1 / 1000))" "$(($1 % 1000 / 100))"; }

# says PATTERN: waits until the second command has said it.
says() {
  until grep -qaE "$1" "$work/said"; do
    if ((($(now) - start_ms) / 1000 > 3 * limit)) || ! kill -0 "$try" 2>/dev/null; then
      cat "$work/said"
      echo "it never said: $1"
      exit 1
    fi
    sleep 0.05
  done
}

mkdir "$work/home"
# Of the environment, only what tells how this machine reaches the network.
env=(HOME="$work/home" PATH="$PATH" LANG=C.UTF-8 NO_COLOR=1)
while IFS= read -r -d '' variable; do
  [[ ${variable%%=*} =~ PROXY$|CERT|(^|_)CA($|_)|proxy$ ]] && env+=("$variable")
done < <(env -0)

# The first command.
git clone --quiet "$repository" "$work/slimline"
cd "$work/slimline"
step "git clone ($(megabytes .git) MB)"

# The second.
set -m
env -i "${env[@]}" npx -y deno task try --no-open --port 0 >"$work/said" 2>&1 &
try=$!
set +m
says '^(Download|Task|Initialize)'
step "npx fetches Deno ($(megabytes "$work/home/.npm") MB)"
says '^Task try'
step "Deno fetches the packages ($(megabytes "$work/home/.cache/deno") MB)"
says '^Talk to it here: '
page=$(sed -nE 's/^Talk to it here: //p' "$work/said")
curl --silent --fail --max-time 20 --output "$work/page" "$page"
grep -q "Talk to the agent" "$work/page"
step "the program starts, and serves the page"

total_ms=$((last_ms - start_ms))
printf '%6s s  in all, with two commands; at most %d s are wanted\n' "$(seconds $total_ms)" "$limit"
((total_ms <= limit * 1000))
