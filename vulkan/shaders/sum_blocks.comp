#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "lanes.glsl"

// sums [blocks]: the sum of each block of 4,096 numbers of x [n], or of their squares.
layout(push_constant) uniform Push {
    Out sums;
    In x;
    uint blocks, n, square;
};

void main() {
    ROWS(row, valid, blocks)
        uint at = row * BLOCK, count = valid ? min(BLOCK, n - at) : 0;
        precise float s;
        SUM(s, lane, i, count, valid, square != 0 ? FMA(x.v[at + i], x.v[at + i], lane) : lane + x.v[at + i])
        if (valid && LANE == 0) sums.v[row] = s;
    END_ROWS
}
