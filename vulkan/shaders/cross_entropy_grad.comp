#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "lanes.glsl"

// dx = (exp(logp)*sum(target) - target)*dloss for rows of k.
layout(push_constant) uniform Push {
    Out dx;
    In logp, target, dloss;
    uint rows, k;
};

void main() {
    ROWS(row, valid, rows)
        uint at = row * k;
        precise float s;
        SUM(s, lane, i, k, valid, lane + target.v[at + i])
        if (valid) for (uint i = LANE; i < k; i += 16) {
            precise float d = EXP(logp.v[at + i]) * s;
            d = d - target.v[at + i];
            d = d * dloss.v[row];
            dx.v[at + i] = d;
        }
    END_ROWS
}
