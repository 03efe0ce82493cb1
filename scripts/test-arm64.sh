#!/usr/bin/env bash
# Runs tests of the given packages as linux/arm64 binaries, under qemu-user
# unless this machine is an arm64 one, so that the NEON kernels are executed.
# usage: scripts/test-arm64.sh [package folder...] [-- test binary flags]
#   scripts/test-arm64.sh                        the leaves and every package with golden hashes, -test.short
#   scripts/test-arm64.sh simd -- -test.run Gemm -test.v
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh
split_args "$@"
# The leaves are plain Go, but arm64 compilers fuse products and sums.
((${#packages[@]})) || mapfile -t packages < <(printf '%s\n' internal/exact internal/philox internal/pixelnoise && isa_packages)
((${#flags[@]})) || flags=(-test.short)

runner=
if [[ $(uname -m) != aarch64 ]]; then
	scripts/install-emulators.sh arm64
	runner=qemu-aarch64-static
fi
export DMAE_SIMD=${DMAE_SIMD:-neon}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

bad=()
for pkg in "${packages[@]}"; do
	bin=$work/${pkg//\//_}.test
	start=$SECONDS
	if CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go test -c -o "$bin" "./$pkg" && [[ -f $bin ]] &&
		(cd "$pkg" && $runner "$bin" "${flags[@]}"); then
		printf 'ok  \tarm64 %s\t%ds\n' "$pkg" $((SECONDS - start))
	else
		printf 'FAIL\tarm64 %s\t%ds\n' "$pkg" $((SECONDS - start))
		bad+=("$pkg")
	fi
	rm -f "$bin"
done
((${#bad[@]} == 0)) || fail "arm64 tests failed in ${bad[*]}"
