#!/usr/bin/env bash
# Regenerates the kernels of simd/ with the generators in simd/asmgen.
set -euo pipefail
cd "$(dirname "$0")/../simd/asmgen"
for generator in $(go list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' ./...); do
	go run "$generator"
done
