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
modules=()
# compile SOURCE NAME FLAG... makes one module. There is no -O: the optimiser of this
# version loses the decorations that forbid to contract and reorder.
compile() {
	modules+=("$to/$2.spv")
	glslc --target-env=vulkan1.2 "${@:3}" -o "$to/$2.spv" "$1"
}
for source in vulkan/shaders/*.comp; do
	name=$(basename "$source" .comp)
	compile "$source" "$name"
	# Kernels with fused multiply-adds also exist with exact ones.
	! grep -q '"math.glsl"' "$source" || compile "$source" "$name.exact" -DEXACT_FMA
done
go run ./scripts/spirv-precise "${modules[@]}"
for module in "${modules[@]}"; do spirv-val --target-env vulkan1.2 "$module"; done
for old in "$to"/*.spv; do
	[[ " ${modules[*]} " == *" $old "* ]] || rm "$old"
done
