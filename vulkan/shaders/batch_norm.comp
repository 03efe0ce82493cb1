#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"

// For each column of x [rows, d]: mean and var, chains over the rows, rstd =
// 1/sqrt(var + eps) and y = (x - mean)*rstd.
layout(push_constant) uniform Push {
    Out y, mean, var, rstd;
    In x;
    uint rows, d;
    float eps;
};

void main() {
    EACH(j, d) {
        precise float m = 0, v = 0;
        for (uint i = 0; i < rows; i++) m = m + x.v[i * d + j];
        m = m / float(rows);
        for (uint i = 0; i < rows; i++) {
            precise float c = x.v[i * d + j] - m;
            v = FMA(c, c, v);
        }
        v = v / float(rows);
        precise float s = v + eps;
        s = sqrt(s);
        s = 1.0 / s;
        for (uint i = 0; i < rows; i++) {
            precise float c = x.v[i * d + j] - m;
            c = c * s;
            y.v[i * d + j] = c;
        }
        mean.v[j] = m;
        var.v[j] = v;
        rstd.v[j] = s;
    }
}
