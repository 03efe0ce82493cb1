#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "lanes.glsl"

// y = fma(gamma, (x - mean)*rstd, beta) for rows of d numbers, with mean = sum(x)/d and
// rstd = 1/sqrt(sum((x - mean)^2)/d + eps), in two passes.
layout(push_constant) uniform Push {
    Out y, mean, rstd;
    In x, gamma, beta;
    uint rows, d;
    float eps;
};

void main() {
    ROWS(row, valid, rows)
        uint at = row * d;
        precise float m, v;
        SUM(m, lane, i, d, valid, lane + x.v[at + i])
        m = m / float(d);
        SUM(v, lane, i, d, valid, FMA(x.v[at + i] - m, x.v[at + i] - m, lane))
        v = v / float(d);
        v = v + eps;
        precise float s = sqrt(v);
        s = 1.0 / s;
        if (valid) {
            for (uint i = LANE; i < d; i += 16) {
                precise float h = x.v[at + i] - m;
                h = h * s;
                y.v[at + i] = FMA(gamma.v[i], h, beta.v[i]);
            }
            if (LANE == 0) {
                mean.v[row] = m;
                rstd.v[row] = s;
            }
        }
    END_ROWS
}
