#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// dx [B, count, d]: tokens from, ..., from + t - 1 are dy [B, t, d], the others +0.
layout(push_constant) uniform Push {
    WordsOut dx;
    WordsIn dy;
    uint n, t, d, from, count;
};

void main() {
    EACH(i, n) {
        uint row = i / d, sample_ = row / count, token = row % count - from; // wraps for tokens before
        dx.v[i] = token < t ? dy.v[(sample_ * t + token) * d + i % d] : 0;
    }
}
