#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// y[i] = value. Numbers are moved as words, so that no bit of them changes.
layout(push_constant) uniform Push {
    WordsOut y;
    uint n, value;
};

void main() {
    EACH(i, n) y.v[i] = value;
}
