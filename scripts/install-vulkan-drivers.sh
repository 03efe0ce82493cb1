#!/usr/bin/env bash
# Installs two Vulkan drivers that compute on the processor, the validation layers and
# the compiler of the shaders, on a Debian machine.
# usage: scripts/install-vulkan-drivers.sh
#
# Mesa's lavapipe is installed. SwiftShader is unpacked from Debian's package
# chromium-common to the user's cache folder, and the script prints the file to name in
# VK_DRIVER_FILES for it:
#   VK_DRIVER_FILES=$(scripts/install-vulkan-drivers.sh) DMAE_VULKAN_DEVICE=SwiftShader go test ./vulkan
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

apt_install libvulkan1 libvulkan-dev mesa-vulkan-drivers vulkan-validationlayers glslc spirv-tools >&2

folder=${XDG_CACHE_HOME:-$HOME/.cache}/godmae/swiftshader
icd=$folder/vk_swiftshader_icd.json
if [[ ! -s $icd ]]; then
	command -v apt-get >/dev/null || fail "needs apt-get for the package chromium-common, which holds SwiftShader"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	(cd "$work" && apt-get download -qq chromium-common >&2 && dpkg -x chromium-common_*.deb .) || fail "could not download and unpack chromium-common; is apt-get update needed?"
	mkdir -p "$folder"
	cp "$work"/usr/lib/chromium/libvk_swiftshader.so "$folder/"
	# The driver is complete once its description is there.
	sed 's|"\./|"'"$folder"'/|' "$work/usr/lib/chromium/vk_swiftshader_icd.json" >"$icd.new"
	mv "$icd.new" "$icd"
fi
printf '%s\n' "$icd"
