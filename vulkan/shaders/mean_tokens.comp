#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// y [B, d]: the sum of tokens from, ..., t - 1 of x [B, t, d], a chain from +0, times
// weight.
layout(push_constant) uniform Push {
    Out y;
    In x;
    uint n, t, d, from;
    float weight;
};

void main() {
    EACH(i, n) {
        uint at = i / d * t * d + i % d;
        precise float s = 0;
        for (uint token = from; token < t; token++) s = s + x.v[at + token * d];
        precise float m = s * weight;
        y.v[i] = m;
    }
}
