#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"

// dgamma [d] (+)= sum of dy*(x - mean)*rstd and dbeta [d] (+)= sum of dy: the rows of a
// sample are chains from +0, added in the order of the samples.
layout(push_constant) uniform Push {
    Out dgamma, dbeta;
    In dy, x, mean, rstd;
    uint d, samples, rows, accumulate;
};

void main() {
    EACH(i, d) {
        precise float gamma = accumulate != 0 ? dgamma.v[i] : 0;
        precise float beta = accumulate != 0 ? dbeta.v[i] : 0;
        for (uint s = 0; s < samples; s++) {
            precise float g = 0, b = 0;
            for (uint row = s * rows; row < (s + 1) * rows; row++) {
                float t = dy.v[row * d + i];
                precise float h = x.v[row * d + i] - mean.v[row];
                h = h * rstd.v[row];
                g = FMA(t, h, g);
                b = b + t;
            }
            gamma = gamma + g;
            beta = beta + b;
        }
        dgamma.v[i] = gamma;
        dbeta.v[i] = beta;
    }
}
