#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// y *= scale.
layout(push_constant) uniform Push {
    Out y;
    uint n;
    float scale;
};

void main() {
    EACH(i, n) {
        precise float s = y.v[i] * scale;
        y.v[i] = s;
    }
}
