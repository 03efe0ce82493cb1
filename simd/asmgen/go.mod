module github.com/godmae/godmae/simd/asmgen

go 1.26.0

require golang.org/x/arch v0.32.0
