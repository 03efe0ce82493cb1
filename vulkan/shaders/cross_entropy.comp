#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "lanes.glsl"

// logp = x - max x - log(sum of exp(x - max x)) for rows of k logits, and
// loss [rows] = -dot(target, logp).
layout(push_constant) uniform Push {
    Out loss, logp;
    In x, target;
    uint rows, k;
};

void main() {
    ROWS(row, valid, rows)
        uint at = row * k;
        float m;
        MAX(m, i, k, valid, x.v[at + i])
        if (valid) for (uint i = LANE; i < k; i += 16) {
            precise float d = x.v[at + i] - m;
            logp.v[at + i] = d;
        }
        precise float z, dot_;
        SUM(z, lane, i, k, valid, lane + EXP(logp.v[at + i])) // a lane reads what it wrote
        precise float logZ = LOG(z);
        if (valid) for (uint i = LANE; i < k; i += 16) {
            precise float d = logp.v[at + i] - logZ;
            logp.v[at + i] = d;
        }
        SUM(dot_, lane, i, k, valid, FMA(target.v[at + i], logp.v[at + i], lane))
        if (valid && LANE == 0) loss.v[row] = -dot_;
    END_ROWS
}
