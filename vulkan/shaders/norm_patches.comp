#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "lanes.glsl"

// y = (x - mean)/sqrt(sum((x - mean)^2)/(k - 1) + eps) for patches of k values.
layout(push_constant) uniform Push {
    Out y;
    In x;
    uint rows, k;
    float eps;
};

void main() {
    ROWS(row, valid, rows)
        uint at = row * k;
        precise float m, v;
        SUM(m, lane, i, k, valid, lane + x.v[at + i])
        m = m / float(k);
        SUM(v, lane, i, k, valid, FMA(x.v[at + i] - m, x.v[at + i] - m, lane))
        v = v / float(k - 1);
        v = v + eps;
        precise float s = sqrt(v);
        if (valid) for (uint i = LANE; i < k; i += 16) {
            precise float c = x.v[at + i] - m;
            c = c / s;
            y.v[at + i] = c;
        }
    END_ROWS
}
