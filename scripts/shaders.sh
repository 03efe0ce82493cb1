#!/usr/bin/env bash
# Compiles the Vulkan kernels of vulkan/shaders to the SPIR-V beside them.
# usage: scripts/shaders.sh [folder]      (default folder: vulkan/shaders)
#
# The committed SPIR-V is what ships; a build needs no compiler. One version of one
# compiler makes it, so that it can be compared byte for byte: glslc of Debian 12.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

VERSION="shaderc 2023.2-1"
to=$(realpath -m "${1:-vulkan/shaders}")

apt_install glslc spirv-tools
[[ $(glslc --version) == "$VERSION"* ]] || fail "glslc is $(glslc --version | head -n 1); the committed SPIR-V is made by $VERSION (Debian 12)"
mkdir -p "$to"
for source in vulkan/shaders/*.comp; do
	out=$to/$(basename "$source" .comp).spv
	glslc --target-env=vulkan1.2 -O -o "$out" "$source"
	spirv-val --target-env vulkan1.2 "$out"
done
for old in "$to"/*.spv; do
	[[ -e vulkan/shaders/$(basename "$old" .spv).comp ]] || rm "$old"
done
