#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// dx [B, l, d], which is zero: row r of dy [B, k, d] becomes token ids[r].
layout(push_constant) uniform Push {
    WordsOut dx;
    WordsIn dy, ids;
    uint n, l, k, d;
};

void main() {
    EACH(i, n) {
        uint row = i / d;
        dx.v[(row / k * l + ids.v[row]) * d + i % d] = dy.v[i];
    }
}
