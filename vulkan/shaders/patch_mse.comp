#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "lanes.glsl"

// means [rows]: the mean of (pred - target)^2 of each patch of k values.
layout(push_constant) uniform Push {
    Out means;
    In pred, target;
    uint rows, k;
};

precise float diff(uint at) {
    precise float d = pred.v[at] - target.v[at];
    return d;
}

void main() {
    ROWS(row, valid, rows)
        precise float s;
        SUM(s, lane, i, k, valid, FMA(diff(row * k + i), diff(row * k + i), lane))
        s = s / float(k);
        if (valid && LANE == 0) means.v[row] = s;
    END_ROWS
}
