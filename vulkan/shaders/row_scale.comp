#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// y[b, j] = s[b] * x[b, j], for samples of size elements.
layout(push_constant) uniform Push {
    Out y;
    In x, s;
    uint n, size;
};

void main() {
    EACH(i, n) {
        precise float p = s.v[i / size] * x.v[i];
        y.v[i] = p;
    }
}
