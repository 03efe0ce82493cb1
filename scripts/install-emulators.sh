#!/usr/bin/env bash
# Installs the packages for the arm64 and AVX-512 tests on a Debian or Ubuntu
# machine: qemu-user for NEON, Bochs with a boot loader for AVX-512.
# usage: scripts/install-emulators.sh [arm64] [avx512]    (default: both)
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

(($#)) || set -- arm64 avx512
for what; do
	case $what in
	arm64) apt_install qemu-user-static ;;
	avx512) apt_install bochs bochsbios vgabios isolinux syslinux-common xorriso cpio ;;
	*) fail "unknown emulator \"$what\"; use arm64 or avx512" ;;
	esac
done
