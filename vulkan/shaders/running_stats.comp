#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// mean = keep*mean + take*m and var = keep*var + take*(v*unbiased), unless the scale of
// the step is there and not finite.
layout(push_constant) uniform Push {
    Out mean, var;
    In m, v, scale;
    uint n, scaled;
    float keep, take, unbiased;
};

void main() {
    if (scaled != 0 && NOT_FINITE(scale.v[0])) return;
    EACH(i, n) {
        precise float old = keep * mean.v[i];
        precise float add = take * m.v[i];
        old = old + add;
        mean.v[i] = old;
        old = keep * var.v[i];
        add = v.v[i] * unbiased;
        add = take * add;
        old = old + add;
        var.v[i] = old;
    }
}
