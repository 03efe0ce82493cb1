#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// y = a + b, where b [nb] repeats.
layout(push_constant) uniform Push {
    Out y;
    In a, b;
    uint n, nb;
};

void main() {
    EACH(i, n) {
        precise float s = a.v[i] + b.v[i % nb];
        y.v[i] = s;
    }
}
