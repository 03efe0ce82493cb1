#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "lanes.glsl"

// dx = p * (dy - dot(p, dy)) for rows of k numbers.
layout(push_constant) uniform Push {
    Out dx;
    In dy, p;
    uint rows, k;
};

void main() {
    ROWS(row, valid, rows)
        uint at = row * k;
        precise float dot_;
        SUM(dot_, lane, i, k, valid, FMA(p.v[at + i], dy.v[at + i], lane))
        if (valid) for (uint i = LANE; i < k; i += 16) {
            precise float d = dy.v[at + i] - dot_;
            d = d * p.v[at + i];
            dx.v[at + i] = d;
        }
    END_ROWS
}
