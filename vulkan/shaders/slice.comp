#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// Tokens from, ..., from + count - 1 of samples of t tokens of d numbers: y [B, count, d].
layout(push_constant) uniform Push {
    WordsOut y;
    WordsIn x;
    uint n, t, d, from, count;
};

void main() {
    EACH(i, n) {
        uint sample_ = i / (count * d);
        y.v[i] = x.v[(sample_ * t + from) * d + i - sample_ * count * d];
    }
}
