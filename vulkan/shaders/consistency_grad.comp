#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "lanes.glsl"

// dlogits, like logits: the derivative of the consistency regularisation. u is the
// factor of sum avg log avg in the loss.
layout(push_constant) uniform Push {
    Out dlogits, s;
    In logits, dloss;
    uint samples, k, copies, together, form;
    float lambda, u;
};

#include "consistency.glsl"

// outer is what reaches the softmax of every copy.
precise float outer(uint row, uint j) {
    if (form == MSE) {
        precise float d = s.v[P(row, 1) + j] - s.v[P(row, 0) + j];
        precise float twice = 2.0 * lambda;
        d = d * twice;
        return d;
    }
    precise float l = s.v[LOGAVG(row) + j];
    if (s.v[AVG(row) + j] > FLOOR) l = l + 1.0;
    precise float a = u * l;
    precise float b = lambda * s.v[MEANLOGP(row) + j];
    a = a - b;
    return a;
}

void main() {
    ROWS(row, valid, samples)
        load(row, valid);
        for (uint i = 0; i < copies; i++) {
            uint to = logitsRow(row, i) * k, p = P(row, i);
            precise float dot_;
            SUM(dot_, lane, j, k, valid, FMA(s.v[p + j], outer(row, j), lane))
            if (valid) for (uint j = LANE; j < k; j += 16) {
                precise float d = outer(row, j) - dot_;
                d = d * s.v[p + j];
                if (form != MSE) {
                    precise float scale = dloss.v[row] / float(copies);
                    precise float away = s.v[AVG(row) + j] - s.v[p + j];
                    away = lambda * away;
                    d = d - away;
                    d = d * scale;
                } else {
                    d = i == 0 ? d * -dloss.v[row] : d * dloss.v[row];
                    if (i > 1) d = 0;
                }
                dlogits.v[to + j] = d;
            }
        }
    END_ROWS
}
