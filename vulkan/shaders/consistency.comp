#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "lanes.glsl"

// loss [samples]: the consistency regularisation between the copies of each sample.
layout(push_constant) uniform Push {
    Out loss, s;
    In logits;
    uint samples, k, copies, together, form;
    float lambda, eta;
};

#include "consistency.glsl"

precise float logRatio(uint row, uint j) {
    precise float d = s.v[LOGAVG(row) + j] - s.v[MEANLOGP(row) + j];
    return d;
}

precise float step_(uint row, uint j) {
    precise float d = s.v[P(row, 1) + j] - s.v[P(row, 0) + j];
    return d;
}

void main() {
    ROWS(row, valid, samples)
        load(row, valid);
        precise float kl, entropy, mse;
        SUM(kl, lane, j, k, valid, FMA(s.v[AVG(row) + j], logRatio(row, j), lane))
        SUM(entropy, lane, j, k, valid, FMA(s.v[AVG(row) + j], s.v[LOGAVG(row) + j], lane))
        SUM(mse, lane, j, k, valid, FMA(step_(row, j), step_(row, j), lane))
        entropy = -entropy;
        precise float y = lambda * mse;
        if (form == DEFAULT) {
            precise float a = lambda * kl;
            precise float b = eta * entropy;
            y = a + b;
        } else if (form == XENT) {
            y = kl + entropy;
            y = lambda * y;
        } else if (form == KL) {
            y = lambda * kl;
        }
        if (valid && LANE == 0) loss.v[row] = y;
    END_ROWS
}
