#!/usr/bin/env bash
# Runs tests of the given packages as linux/arm64 binaries, under qemu-user
# unless this machine is an arm64 one, so that the NEON kernels are executed.
# usage: scripts/test-arm64.sh [package folder...] [-- test binary flags]
#   scripts/test-arm64.sh                        the numbers of certificates and every package with golden hashes
#   scripts/test-arm64.sh simd -- -test.run Gemm -test.v
# A package whose tests print nothing for STALL_MINUTES minutes (default 10) fails.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh
split_args "$@"
# The first seven are plain Go, but arm64 compilers fuse products and sums.
((${#packages[@]})) || mapfile -t packages < <(printf '%s\n' internal/exact philox pixelnoise smooth smooth/bound smooth/certificate smooth/audit && isa_packages)

# flags_of PACKAGE prints its test flags, one per line. Slow tests that do
# not depend on the processor are left out: files, interruptions and the
# order of work.
flags_of() {
	if ((${#flags[@]})); then
		printf '%s\n' "${flags[@]}"
		return
	fi
	echo -test.short
	case $1 in
	smooth) printf '%s\n' -test.skip 'LeaveNoTrace|Answer|Shard|Merge|Interrupt|Partial|Refuse|CertifyGives|SaysWhat|TimingIs|Memory|Fuzz' ;;
	smooth/bound) printf '%s\n' -test.skip 'Costs' ;;
	smooth/certificate) printf '%s\n' -test.skip 'Shard|Reader|Schema|Writer|Lines|Fuzz' ;;
	dmae/certify) printf '%s\n' -test.skip 'Example|Lost|Full' ;;
	smooth/audit) printf '%s\n' -test.skip 'Mutations|EveryField|Fuzz' ;;
	esac
}

runner=
if [[ $(uname -m) != aarch64 ]]; then
	scripts/install-emulators.sh arm64
	runner=qemu-aarch64-static
fi
export DMAE_SIMD=${DMAE_SIMD:-neon}
work=$(mktemp -d)
trap 'end_watched; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# run_tests PACKAGE BINARY ARG... runs a test binary in the folder of its
# package.
run_tests() {
	cd "$1"
	exec $runner "${@:2}"
}

bad=()
for pkg in "${packages[@]}"; do
	bin=$work/${pkg//\//_}.test
	start=$SECONDS
	mapfile -t args < <(flags_of "$pkg")
	name=arm64-${pkg//\//-}
	status=1
	if CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go test -c -tags static -o "$bin" "./$pkg" && [[ -f $bin ]]; then
		# The names of its tests show the progress.
		watched -q "$name" "$work" run_tests "$pkg" "$bin" -test.v "${args[@]}"
		if ((${#flags[@]})); then
			cat "$work/$name.log"
		elif ((status)); then
			# The tests that did not pass, if any were run; the failure is
			# counted below.
			grep -avE '^=== |^ *--- PASS|^PASS$' "$work/$name.log" || true
		fi
	fi
	if ((status == 0)); then
		printf 'ok  \tarm64 %s\t%ds\n' "$pkg" $((SECONDS - start))
	else
		printf 'FAIL\tarm64 %s\t%ds\n' "$pkg" $((SECONDS - start))
		bad+=("$pkg")
	fi
	rm -f "$bin" "$work/$name.log"
done
((${#bad[@]} == 0)) || fail "arm64 tests failed in ${bad[*]}"
