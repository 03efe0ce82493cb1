#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "lanes.glsl"

// dk_jc = sum over queries i of ds_ij q_ic and dv_jc = sum over queries of p_ij do_ic,
// chains over ascending queries, from what attention_grad_q left in stats. A row is a
// key of a sample and head.
layout(push_constant) uniform Push {
    Out dqkv;
    In stats, do_, qkv;
    uint rows, t, w, d, heads;
    float scale;
};

#include "attention.glsl"
#include "attention_grad.glsl"

void main() {
    ROWS(row, valid, rows)
        uint head = row / t * t; // row of query 0
        uint at = tokenAt(row, 0), to = tokenAt(row, row % t);
        // First ds and dk, then p and dv, half of the scores each.
        for (uint first = 0; first < t; first += KEYS) {
            uint queries = min(KEYS, t - first);
            for (uint part = 0; part < 2; part++) {
                barrier();
                if (valid) for (uint i = LANE; i < queries; i += 16) {
                    uint query = head + first + i;
                    float m = stats.v[query * 3], r = stats.v[query * 3 + 1], dot_ = stats.v[query * 3 + 2];
                    SCORE(i) = part == 0 ? ds(query, row % t, m, r, dot_) : weight(query, row % t, m, r);
                }
                barrier();
                if (valid) for (uint c = LANE; c < d; c += 16) {
                    uint dst = to + (part + 1) * w + c;
                    precise float sum = first == 0 ? 0 : dqkv.v[dst];
                    for (uint i = 0; i < queries; i++) {
                        uint query = head + first + i;
                        float x = part == 0 ? qkv.v[at + (first + i) * 3 * w + c]
                            : do_.v[(query / (heads * t) * t + first + i) * w + query / t % heads * d + c];
                        sum = FMA(SCORE(i), x, sum);
                    }
                    dqkv.v[dst] = sum;
                }
            }
        }
    END_ROWS
}
