#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "lanes.glsl"

// dq [.., c] of dqkv [B, t, 3w] = sum over keys j of ds_ij k_jc, and stats [rows, 3]: the
// largest score of the query, 1/Z and dot = sum over keys of p_ij dp_ij, where
// dp_ij = do_i . v_j and ds_ij = p_ij*(dp_ij - dot)*scale.
layout(push_constant) uniform Push {
    Out dqkv, stats;
    In do_, qkv;
    uint rows, t, w, d, heads;
    float scale;
};

#include "attention.glsl"
#include "attention_grad.glsl"

void main() {
    ROWS(row, valid, rows)
        precise float m, r, dot_;
        WEIGHTS(row, valid, m, r)
        SUM(dot_, lane, j, t, valid, FMA(weight(row, j, m, r), dp(row, j), lane))
        if (valid && LANE == 0) {
            stats.v[row * 3] = m;
            stats.v[row * 3 + 1] = r;
            stats.v[row * 3 + 2] = dot_;
        }
        uint at = tokenAt(row, 0), to = tokenAt(row, row % t);
        for (uint first = 0; first < t; first += KEYS) {
            uint keys = min(KEYS, t - first);
            barrier();
            if (valid) for (uint j = LANE; j < keys; j += 16) SCORE(j) = ds(row, first + j, m, r, dot_);
            barrier();
            if (valid) for (uint c = LANE; c < d; c += 16) {
                precise float sum = first == 0 ? 0 : dqkv.v[to + c];
                for (uint j = 0; j < keys; j++) sum = FMA(SCORE(j), qkv.v[at + (first + j) * 3 * w + w + c], sum);
                dqkv.v[to + c] = sum;
            }
        }
    END_ROWS
}
