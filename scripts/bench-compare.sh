#!/usr/bin/env bash
# Compares benchmarks of the working tree with those of another commit. The runs
# alternate, so that changes in the speed of the machine affect both alike.
# usage: scripts/bench-compare.sh COMMIT PACKAGE_FOLDER [BENCH_REGEXP [ROUNDS]]
#   scripts/bench-compare.sh HEAD~3 simd Gemm 8
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

BENCHSTAT=golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
(($# >= 2)) || fail "give a commit and a package folder, such as: ${0##*/} HEAD~3 simd Gemm 8"
commit=$1 pkg=${2#./} pattern=${3:-.} rounds=${4:-8}
[[ -d $pkg ]] || fail "no package folder $pkg"
git rev-parse --quiet --verify "$commit^{commit}" >/dev/null || fail "no commit $commit"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# An exported copy, not a worktree: nothing of it stays in the repository.
mkdir "$work/src"
git archive "$commit" | tar -x -C "$work/src"
export CGO_ENABLED=0
(cd "$work/src" && go test -c -o "$work/old.test" "./$pkg")
go test -c -o "$work/new.test" "./$pkg"
for ((i = 0; i < rounds; i++)); do
	for side in old new; do
		(cd "$pkg" && "$work/$side.test" -test.run '^$' -test.bench "$pattern" -test.benchmem) >>"$work/$side.txt"
	done
	printf 'round %d of %d\n' $((i + 1)) "$rounds" >&2
done
cd "$work" && go run $BENCHSTAT old.txt new.txt
