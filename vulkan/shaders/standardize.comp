#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// y = (x - mean)*(1/sqrt(var + eps)) for rows of d numbers; without centred, mean is 0.
layout(push_constant) uniform Push {
    Out y;
    In x, mean, var;
    uint n, d, centred;
    float eps;
};

void main() {
    EACH(i, n) {
        uint j = i % d;
        precise float s = var.v[j] + eps;
        s = sqrt(s);
        s = 1.0 / s;
        precise float c = x.v[i];
        if (centred != 0) c = c - mean.v[j];
        c = c * s;
        y.v[i] = c;
    }
}
