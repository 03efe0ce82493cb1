#!/usr/bin/env bash
# Writes vulkan/internal/vk/testdata/layout.txt: the sizes of Vulkan's structs and the
# places of their fields, printed by a C program that includes vulkan_core.h.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

apt_install gcc libc6-dev libvulkan-dev
go test ./vulkan/internal/vk -run 'TestLayout$' -update -count=1
