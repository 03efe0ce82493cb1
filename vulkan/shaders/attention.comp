#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "lanes.glsl"

// o [B, t, w] = softmax(q k^T * scale) v for each of the heads, w = heads*d, from
// qkv [B, t, 3w]. A row is a query of a sample and head; o_c is a chain over the keys.
// Scores are computed three times rather than stored.
layout(push_constant) uniform Push {
    Out o;
    In qkv;
    uint rows, t, w, d, heads;
    float scale;
};

#include "attention.glsl"

void main() {
    ROWS(row, valid, rows)
        precise float m, r;
        WEIGHTS(row, valid, m, r)
        uint at = tokenAt(row, 0);
        for (uint first = 0; first < t; first += KEYS) {
            uint keys = min(KEYS, t - first);
            barrier();
            if (valid) for (uint j = LANE; j < keys; j += 16) SCORE(j) = weight(row, first + j, m, r);
            barrier();
            if (valid) for (uint c = LANE; c < d; c += 16) {
                uint to = (row / (heads * t) * t + row % t) * w + row / t % heads * d + c;
                precise float sum = first == 0 ? 0 : o.v[to];
                for (uint j = 0; j < keys; j++) sum = FMA(SCORE(j), qkv.v[at + (first + j) * 3 * w + 2 * w + c], sum);
                o.v[to] = sum;
            }
        }
    END_ROWS
}
