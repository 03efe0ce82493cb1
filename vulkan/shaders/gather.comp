#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// y [B, k, d]: the tokens ids [B, k] of x [B, l, d].
layout(push_constant) uniform Push {
    WordsOut y;
    WordsIn x, ids;
    uint n, l, k, d;
};

void main() {
    EACH(i, n) {
        uint row = i / d;
        y.v[i] = x.v[(row / k * l + ids.v[row]) * d + i % d];
    }
}
