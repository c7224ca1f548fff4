#!/usr/bin/env bash
# The only build. It knows no logic of the product: it checks, compiles, stages and packs.
set -euo pipefail
readonly caller=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly targets='windows/amd64 linux/amd64 linux/arm64 linux/arm darwin/amd64 darwin/arm64'
readonly cache=${RESCHEDULE_CACHE:-$PWD/.cache}
readonly dist=$PWD/dist

usage() {
  cat <<'MSG'
usage: ./build.sh [COMMAND]

  package        (the default) compile for all platforms and pack dist/*.vsix; needs Go, Node 20 and npm
  demo [INPUT=VALUE...]
                 run the task on a stand-in for Azure DevOps; needs Go only; scene=merge-rush plays five runs
  replay FILE [INPUT=VALUE...]
                 run the task on a recording, which the input recordPath writes; needs Go only
  test [ARG...]  run every test; arguments go to "go test", such as -run NAME ./pkg/requeue
  bench          measure the program against the floor, a plain loop and a Node task; needs Node 20 and npm for the last
  lint           run the linters
  install        put the program for this machine into Go's folder of programs, as "reschedule"
  docs           write the parts of the documentation that come from task/task.json
  preview        write dist/preview.html: how the classic editor presents the inputs
  pictures       take the pictures of the summary tab and the editor; needs Node 20, npm, chromium and pngquant
  sign FILE...   sign programs for Windows with SIGN_COMMAND
  release [now]  tell what a release of this version would be; with "now" date the changes and tag the commit
  reproduce      pack here and in another folder, and compare the bytes, before they are signed

PUBLISHER=acme ./build.sh     packs a private extension of publisher "acme", whose task has an ID of its own.
SIGN_COMMAND='...' ./build.sh signs the program for Windows with a command line in which "$1" is the file; see
                              docs/install.md.
MSG
}

say() { printf '%s\n' "$*" >&2; }
die() {
  say "build.sh: $*"
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# tool builds a program at the version that .ci/tools/go.mod pins, the same bytes everywhere, and puts it into $cache/bin.
tool() {
  GOBIN=$cache/bin GOFLAGS=-trimpath GOWORK=off go install -buildvcs=false -modfile=.ci/tools/go.mod "$1" || die "building ${1##*/} failed"
}

# check_go says in one line that Go is missing or too old. A Go before 1.21 cannot read go.mod, and blames that file; later
# ones fetch what go.mod names by themselves, where they may.
check_go() {
  local needed found='' needs has part
  needed=$(sed -n 's/^go //p' go.mod)
  if have go; then
    found=$(go env GOVERSION 2>/dev/null) || found=
    [[ $found == go[0-9]* ]] || found=$(cd / && GOTOOLCHAIN=local go version 2>/dev/null | cut -d ' ' -f 3) || found=
    case $found in
      go[0-9]*) found=${found#go} found=${found%%[!0-9.]*} ;;
      *) return ;; # built from Go's own sources: it knows best
    esac
    IFS=. read -ra has <<<"$found"
    IFS=. read -ra needs <<<"$needed"
    for part in 0 1 2; do
      ((${has[part]:-0} <= ${needs[part]:-0})) || return 0
      if ((${has[part]:-0} < ${needs[part]:-0})); then
        die "this Go is $found, too old; install Go $needed or newer from https://go.dev/dl/"
      fi
    done
    return
  fi
  die "Go is missing; install Go $needed or newer from https://go.dev/dl/"
}

# demo leaves with the step's exit code, which "go run" would not.
demo() {
  local program
  program=$cache/bin/demo$(go env GOEXE)
  go build -o "$program" ./cmd/demo
  exec "$program" "$@"
}

# replay takes a file relative to where it was called.
replay() {
  local file=${1:-}
  [[ $# -eq 0 ]] || shift
  case $file in '' | /* | [A-Za-z]:*) ;; *) file=$caller/$file ;; esac
  exec go run ./cmd/replay ${file:+"$file"} "$@"
}

# race_works reports whether a program with the race detector compiles and runs; that needs cgo and a C compiler.
race_works() {
  local folder
  folder=$(mktemp -d)
  printf 'package main\n\nfunc main() {}\n' >"$folder/main.go"
  local rc=0
  (cd "$folder" && CGO_ENABLED=1 GOFLAGS='' GOWORK=off go run -race main.go) >/dev/null 2>&1 || rc=$?
  rm -rf "$folder"
  return "$rc"
}

# tell_left_out names the tests that leave themselves out here: "go test" says so only if it is told to say everything.
tell_left_out() {
  local line
  while IFS= read -r line; do say "Left out: $line"; done < <(
    have node || [[ -n ${RESCHEDULE_NODES:-} ]] || echo 'the tests of the launcher: there is no node on PATH.'
    have osslsigncode || echo 'signing a program: there is no osslsigncode on PATH.'
    [[ -n ${RESCHEDULE_JUDGES:-} ]] || echo 'the judges that we did not write: RESCHEDULE_JUDGES names no folder.'
    [[ -n ${RESCHEDULE_DESCRIPTION:-} ]] || echo "the comparison with the service's description: RESCHEDULE_DESCRIPTION names no folder."
    [[ -n ${RESCHEDULE_RECORDINGS:-} ]] || echo 'recorded answers of the service: RESCHEDULE_RECORDINGS names no folder.'
  )
}

run_tests() {
  local arg
  local -a flags=(-shuffle=on -count=1 -timeout=25m) all=(./...) named=()
  if race_works; then
    export CGO_ENABLED=1
    flags=(-race "${flags[@]}")
  elif [[ ${RESCHEDULE_REQUIRE_RACE:-} == 1 ]]; then
    die 'the race detector is required, but does not work here; it needs cgo and a C compiler'
  else
    export CGO_ENABLED=0
    say 'The race detector is left out: cgo does not work here.'
  fi
  # Packages that the caller names replace all of ours.
  for arg in "$@"; do
    case $arg in ./* | github.com/*) named+=("$arg") all=() ;; esac
  done
  tell_left_out
  go vet ${named[@]+"${named[@]}"} ${all[@]+"${all[@]}"}
  go test "${flags[@]}" "$@" ${all[@]+"${all[@]}"}
}

lint() {
  local goos
  have shellcheck || die 'shellcheck is missing; install the package of that name'
  shellcheck build.sh .ci/run .ci/windows .ci/judges/install bench/run.sh
  tool github.com/golangci/golangci-lint/v2/cmd/golangci-lint
  "$cache/bin/golangci-lint" run ./...
  go mod tidy -diff
  for goos in windows darwin; do
    GOOS=$goos go vet ./...
  done
  (cd bench && "$cache/bin/golangci-lint" run ./... && go mod tidy -diff && go test ./...)
  go run ./tools/pack check
}

# refuse_known_version stops changed content under a version that was released: agents keep a task by its version and
# would never fetch the change.
refuse_known_version() {
  local tag=v$1
  if ! git rev-parse -q --verify HEAD >/dev/null 2>&1; then
    say 'Not a Git work tree: whether this version was released before is not checked.'
    return
  fi
  git rev-parse -q --verify "refs/tags/$tag" >/dev/null || return 0
  local -a content=(task cmd/task pkg go.mod go.sum ':(exclude,glob)**/*_test.go' ':(exclude,glob)**/testdata/**'
    ':(exclude)pkg/agent/agenttest' ':(exclude)pkg/azdo/azdotest')
  local changed
  changed=$(
    git diff --name-only "$tag" -- "${content[@]}"
    git ls-files --others --exclude-standard -- "${content[@]}"
  )
  [[ -z $changed ]] || die "version $1 is released as $tag, but its content differs: ${changed//$'\n'/ }; raise the version in task/task.json"
}

# node_modules installs what tools/package-lock.json pins. It lives under .cache: "go ./..." would look into a folder
# of that name, and some npm packages hold Go files.
node_modules() {
  if ! have node || ! have npm; then
    die 'packing needs Node 20 or newer and npm; "./build.sh demo" and "./build.sh test" do without'
  fi
  mkdir -p "$cache/node"
  local file stale=
  for file in package.json package-lock.json .npmrc; do
    cmp -s "tools/$file" "$cache/node/$file" || stale=1
  done
  if [[ -n $stale || ! -d $cache/node/node_modules ]]; then
    rm -rf "$cache/node"
    mkdir -p "$cache/node"
    cp tools/package.json tools/package-lock.json tools/.npmrc "$cache/node/"
    say 'Installing the packager ...'
    (cd "$cache/node" && npm ci) >&2 || {
      rm -rf "$cache/node"
      die 'npm ci failed'
    }
  fi
}

# version_resource is what Windows shows of the program. Go's linker takes it from the package's folder.
readonly version_resource=cmd/task/resource_windows_amd64.syso

# compile builds one target into the staged folder. Every variable that changes the bytes is set here.
compile() {
  local goos=${1%/*} goarch=${1#*/} suffix=''
  if [[ $goos == windows ]]; then
    suffix=.exe
    go run ./tools/pack resource -publisher "$4" >"$version_resource"
  fi
  CGO_ENABLED=0 GOOS=$goos GOARCH=$goarch GOARM=7 GOAMD64=v1 GOARM64=v8.0 GOFLAGS='' GOEXPERIMENT='' GOWORK=off \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$2" -o "$3/task/bin/$goos-$goarch/reschedule$suffix" ./cmd/task
  rm -f "$version_resource"
}

# sign has SIGN_COMMAND sign each file in place.
sign() {
  [[ -n ${SIGN_COMMAND:-} ]] || die 'SIGN_COMMAND is not set'
  [[ $# -gt 0 ]] || die 'sign which file?'
  local file
  for file in "$@"; do
    say "Signing $(basename "$file") ..."
    bash -euo pipefail -c "$SIGN_COMMAND" sign "$file" >&2 || die "SIGN_COMMAND failed for $file"
  done
  go run ./tools/pack signed "$@"
}

# check_binary compares the version that the binary for this machine prints.
check_binary() {
  local folder suffix='' printed
  folder=$1/task/bin/$(go env GOHOSTOS)-$(go env GOHOSTARCH)
  [[ $(go env GOHOSTOS) != windows ]] || suffix=.exe
  if [[ ! -f $folder/reschedule$suffix ]]; then
    say "There is no binary for this machine: the version it prints is not checked."
    return
  fi
  printed=$("$folder/reschedule$suffix" --version)
  [[ " ${printed//$'\n'/ } " == *" $2 "* ]] || die "the binary calls itself \"$printed\", task/task.json has version $2"
}

package() {
  local version stage raw vsix publisher target log
  go run ./tools/pack check
  go run ./tools/docs -check
  version=$(go run ./tools/pack version)
  refuse_known_version "$version"
  node_modules

  stage=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder's name as it is now
  trap "rm -rf '$stage' '$version_resource'" EXIT
  mkdir -p "$stage/root/images" "$dist"
  rm -f "$dist"/*.vsix "$dist"/*.cdx.json "$dist"/reschedule-*.tar.gz "$dist"/reschedule-*.zip "$dist"/SHA256SUMS*
  cp -R vss-extension.json overview.md CHANGELOG.md task "$stage/root/"
  cp images/*.png "$stage/root/images/" # not what they are made of: the manifest names each
  rm -rf "$stage/root/task/bin"
  publisher=${PUBLISHER:-$(node -p 'require("./vss-extension.json").publisher')}
  # The Marketplace refuses a second extension with a task of the same ID.
  [[ -z ${PUBLISHER:-} ]] || go run ./tools/pack private -publisher "$PUBLISHER" -stage "$stage/root" >&2
  cp LICENSE "$stage/root/LICENSE.md" # tfx cannot tell the type of a file without an extension
  for target in $targets; do
    say "Compiling for $target ..."
    compile "$target" "$version" "$stage/root" "$publisher"
  done
  check_binary "$stage/root" "$version"
  if [[ -n ${SIGN_COMMAND:-} ]]; then
    go run ./tools/pack sums "$stage"/root/task/bin/windows-*/* >"$dist/SHA256SUMS.unsigned"
    sign "$stage"/root/task/bin/windows-*/*
  fi
  go run ./tools/pack notices "$stage"/root/task/bin/*/* >"$stage/root/THIRD-PARTY-NOTICES.md"

  vsix=$dist/$publisher.reschedule-pull-request-evaluations-$version.vsix
  raw=$stage/raw.vsix
  local -a override=()
  # Somebody else's publisher means a private install.
  [[ -z ${PUBLISHER:-} ]] || override=(--override "{\"publisher\":\"$PUBLISHER\",\"public\":false}")
  say 'Packing ...'
  log=$("$cache/node/node_modules/.bin/tfx" extension create --root "$stage/root" --manifests vss-extension.json \
    --output-path "$raw" --no-prompt --no-color ${override[@]+"${override[@]}"} 2>&1) || die "tfx failed: $log"
  ! grep -qi warning <<<"$log" || die "tfx warns: $log"
  go run ./tools/pack finish -stage "$stage/root" -in "$raw" -out "$vsix"

  # Windows links one module more than the others; pack compares with all of them. GOOS and GOARCH only tell the
  # generator what it looks at.
  local sbom=${vsix%.vsix}.cdx.json
  tool github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
  log=$(GOOS=windows GOARCH=amd64 "$cache/bin/cyclonedx-gomod" bin -json -noserial -notimestamp -std -licenses \
    -version "v$version" -output "$sbom" "$stage/root/task/bin/windows-amd64/reschedule.exe" 2>&1) ||
    die "cyclonedx-gomod failed: $log"
  go run ./tools/pack sbom "$sbom" "$stage"/root/task/bin/*/*
  # The programs one by one, for people who run them by hand.
  go run ./tools/pack archives -stage "$stage/root" -version "$version" -out "$dist" >&2
  go run ./tools/pack sums "$vsix" "$sbom" "$dist"/reschedule-*.tar.gz "$dist"/reschedule-*.zip >"$dist/SHA256SUMS"
  cat "$dist/SHA256SUMS"
}

# install puts the program for this machine where Go puts programs, and says whether a shell finds it there.
install() {
  local folder file version suffix='' found
  [[ $# -eq 0 ]] || die "install takes nothing; GOBIN says where to"
  folder=$(go env GOBIN)
  if [[ -z $folder ]]; then
    folder=$(go env GOPATH)
    # GOPATH is a list; Go installs into the first of its folders.
    if [[ $(go env GOHOSTOS) == windows ]]; then
      folder=${folder%%;*}
      ! have cygpath || folder=$(cygpath -u "$folder")
    else
      folder=${folder%%:*}
    fi
    folder=$folder/bin
  fi
  [[ $(go env GOHOSTOS) != windows ]] || suffix=.exe
  file=$folder/reschedule$suffix
  version=$(go run ./tools/pack version)
  mkdir -p "$folder"
  CGO_ENABLED=0 GOOS='' GOARCH='' GOFLAGS='' GOWORK=off \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$version" -o "$file" ./cmd/task
  say "Installed version $version as $file"
  found=$(command -v reschedule || true)
  case :$PATH: in
    *:"$folder":*)
      if [[ -n $found && ! $found -ef $file ]]; then
        say "but $found comes before it on the PATH."
      else
        say 'That folder is on the PATH: try "reschedule --help".'
      fi
      ;;
    *) say "That folder is not on the PATH; for bash: export PATH=\"\$PATH:$folder\"" ;;
  esac
}

# release dates the changelog and tags the commit with what it says of the version. Without "now" it only tells.
release() {
  local version tag day
  [[ ${1:-} == '' || ${1:-} == now ]] || die "release takes \"now\" or nothing, not \"$1\""
  version=$(go run ./tools/pack version)
  tag=v$version
  day=$(date -u +%F)
  ! git rev-parse -q --verify "refs/tags/$tag" >/dev/null || die "$tag is there already; raise the version in task/task.json"
  [[ -z $(git status --porcelain) ]] || die 'commit everything first'
  [[ $(git branch --show-current) == main ]] || die 'a release is made on the branch main'
  go run ./tools/pack check
  mkdir -p "$dist"
  if [[ ${1:-} != now ]]; then
    go run ./tools/pack notes-of-release
    say "Nothing was done. \"./build.sh release now\" dates these changes $day, commits that, and tags the commit $tag with them."
    return
  fi
  go run ./tools/pack date "$day"
  go run ./tools/pack notes-of-release >"$dist/release-notes.md"
  git commit -q -m "release: date the changes of $version" CHANGELOG.md
  git tag --annotate --cleanup=verbatim --file "$dist/release-notes.md" "$tag"
  say "Tagged $tag; dist/release-notes.md has its notes. To publish it: git push origin main $tag"
}

# preview shows about how the classic editor presents the inputs. It is our rendering, not the portal's.
preview() {
  mkdir -p "$dist"
  go run ./tools/docs -preview >"$dist/preview.html"
  say "Open $dist/preview.html in a browser."
}

# pictures renders the demo's summary tab and the editor for the Marketplace, which asks for 1366 by 768.
pictures() {
  have chromium || die 'chromium is missing; it takes the pictures'
  have pngquant || die 'pngquant is missing; it makes the pictures small, since the package has to stay below 24 MiB'
  node_modules
  local folder
  folder=$(mktemp -d)
  go run ./cmd/demo | awk '/^---- the summary tab/ { on = 1; next } /^---- / { on = 0 } on' >"$folder/summary.md"
  NODE_PATH=$cache/node/node_modules node tools/summary.js <"$folder/summary.md" >"$folder/summary.html"
  NODE_PATH=$cache/node/node_modules node tools/summary.js dark <"$folder/summary.md" >"$folder/summary-dark.html"
  go run ./tools/docs -preview >"$folder/editor.html"
  shoot "$folder" summary.html summary.png
  shoot "$folder" summary-dark.html summary-dark.png
  shoot "$folder" editor.html#picture editor.png
  rm -rf "$folder"
}

# shoot takes a picture of a page of a folder.
shoot() {
  local -a root=()
  [[ $(id -u) != 0 ]] || root=(--no-sandbox)
  chromium --headless ${root[@]+"${root[@]}"} --disable-gpu --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$1/profile" --window-size=1366,768 \
    --screenshot="$PWD/images/$3" "file://$1/$2" 2>/dev/null
  pngquant --quality 80-98 --strip --force --output "images/$3" 128 "images/$3"
}

# reproduce packs here and in a copy of the work tree in another folder. Both use one cache: it keeps the packager.
# Nothing is signed: a signature has a time in it, and the key is no part of the sources.
reproduce() {
  local folder place
  unset SIGN_COMMAND
  folder=$(mktemp -d)
  place=$folder/quite/another/place
  mkdir -p "$place"
  git ls-files -z --cached --others --exclude-standard | xargs -0 tar -cf - | tar -xf - -C "$place"
  (cd "$place" && RESCHEDULE_CACHE=$cache ./build.sh package)
  ./build.sh package
  diff -r "$dist" "$place/dist" || die "two builds of the same sources differ; the other is in $place"
  rm -rf "$folder"
  say 'Both builds have the same bytes.'
}

main() {
  local command=${1:-package}
  [[ $# -eq 0 ]] || shift
  case $command in help | -h | --help) ;; *) check_go ;; esac
  case $command in
    demo) demo "$@" ;;
    replay) replay "$@" ;;
    test) run_tests "$@" ;;
    bench) exec bench/run.sh "$@" ;;
    lint) lint ;;
    package) package ;;
    install) install "$@" ;;
    docs) go run ./tools/docs "$@" ;;
    preview) preview ;;
    sign) sign "$@" ;;
    release) release "$@" ;;
    pictures) pictures ;;
    reproduce) reproduce ;;
    help | -h | --help) usage ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
}

# On one line: bash reads a script as it goes, and this one may be edited while it runs.
main "$@"; exit
