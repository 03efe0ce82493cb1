#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"

// dpre = dy * GELU'(pre).
layout(push_constant) uniform Push {
    Out dpre;
    In dy, pre;
    uint n;
};

void main() {
    EACH(i, n) {
        precise float p = dy.v[i] * GELU_GRAD(pre.v[i]);
        dpre.v[i] = p;
    }
}
