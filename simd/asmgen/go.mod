module github.com/godmae/godmae/simd/asmgen

go 1.26
