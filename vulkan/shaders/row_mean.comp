#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "lanes.glsl"

// y [rows]: the sum of each row of x [rows, k], divided by k.
layout(push_constant) uniform Push {
    Out y;
    In x;
    uint rows, k;
};

void main() {
    ROWS(row, valid, rows)
        precise float s;
        SUM(s, lane, i, k, valid, lane + x.v[row * k + i])
        s = s / float(k);
        if (valid && LANE == 0) y.v[row] = s;
    END_ROWS
}
