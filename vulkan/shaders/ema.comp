#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"

// y = fma(take, x, y*keep), unless the scale of the step is there and not finite.
layout(push_constant) uniform Push {
    Out y;
    In x, scale;
    uint n, scaled;
    float keep, take;
};

void main() {
    if (scaled != 0 && NOT_FINITE(scale.v[0])) return;
    EACH(i, n) {
        precise float old = y.v[i] * keep;
        y.v[i] = FMA(take, x.v[i], old);
    }
}
