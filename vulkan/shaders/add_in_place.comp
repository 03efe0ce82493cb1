#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// y += x.
layout(push_constant) uniform Push {
    Out y;
    In x;
    uint n;
};

void main() {
    EACH(i, n) {
        precise float s = y.v[i] + x.v[i];
        y.v[i] = s;
    }
}
