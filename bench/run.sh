#!/usr/bin/env bash
# Builds the program as it is shipped and all that it is measured against, measures, and prints one table.
# BENCH_FULL=1 measures the whole grid, BENCH_TIMES=n each line n times. Arguments go to the benchmark.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CGO_ENABLED=0

(cd .. && go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$work/bin/task" ./cmd/task)
for name in serve floor sequential; do
  go build -trimpath -o "$work/bin/$name" "./$name"
done
go build -trimpath -o "$work/bin/bench" .

loop=
task=
if command -v node >/dev/null && command -v npm >/dev/null; then
  (cd node && npm ci --ignore-scripts --no-audit --no-fund --silent)
  loop=$PWD/node/loop.js
  task=$work/task
  target=$task/bin/$(go env GOHOSTOS)-$(go env GOHOSTARCH)
  mkdir -p "$target"
  cp ../task/launcher.js ../task/package.json ../task/task.json "$task/"
  cp "$work/bin/task" "$target/reschedule"
else
  echo 'Node and npm are not installed: the npm loop and the launcher are left out.' >&2
fi

full=()
[[ ${BENCH_FULL:-} != 1 ]] || full=(-full)
"$work/bin/bench" -bin "$work/bin" -task "$task" -loop "$loop" -times "${BENCH_TIMES:-3}" ${full[@]+"${full[@]}"} "$@"
