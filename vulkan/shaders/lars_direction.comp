#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// d = g*scale + decay*p, unless scale is not finite; without decay p has no part.
layout(push_constant) uniform Push {
    Out d;
    In g, scale, p;
    uint n;
    float decay;
};

void main() {
    float s = scale.v[0];
    EACH(i, n) {
        precise float v = g.v[i] * s;
        precise float w = decay * p.v[i];
        if (decay != 0) v = v + w;
        d.v[i] = v;
    }
}
