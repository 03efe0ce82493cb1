#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// dx [B, count, d]: dy [B, d] times weight for the tokens from on, +0 before.
layout(push_constant) uniform Push {
    Out dx;
    In dy;
    uint n, d, from, count;
    float weight;
};

void main() {
    EACH(i, n) {
        uint row = i / d;
        precise float p = dy.v[row / count * d + i % d] * weight;
        dx.v[i] = row % count < from ? 0 : p;
    }
}
