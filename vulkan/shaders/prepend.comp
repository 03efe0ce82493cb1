#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// y [B, t + 1, d]: the token tok [d], then the sample's x [t, d].
layout(push_constant) uniform Push {
    WordsOut y;
    WordsIn tok, x;
    uint n, t, d;
};

void main() {
    EACH(i, n) {
        uint row = i / d, sample_ = row / (t + 1), token = row % (t + 1);
        y.v[i] = token == 0 ? tok.v[i % d] : x.v[(sample_ * t + token - 1) * d + i % d];
    }
}
