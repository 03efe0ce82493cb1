#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "lanes.glsl"

// p = exp(x - max x) / sum of exp(x - max x) for rows of k numbers: one division by the
// sum, then one multiplication for each element.
layout(push_constant) uniform Push {
    Out p;
    In x;
    uint rows, k;
};

void main() {
    ROWS(row, valid, rows)
        uint at = row * k;
        float m;
        MAX(m, i, k, valid, x.v[at + i])
        if (valid) for (uint i = LANE; i < k; i += 16) {
            precise float d = x.v[at + i] - m;
            p.v[at + i] = EXP(d);
        }
        precise float z;
        SUM(z, lane, i, k, valid, lane + p.v[at + i]) // a lane reads what it wrote
        precise float r = 1.0 / z;
        if (valid) for (uint i = LANE; i < k; i += 16) {
            precise float q = p.v[at + i] * r;
            p.v[at + i] = q;
        }
    END_ROWS
}
