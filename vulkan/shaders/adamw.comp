#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"

// A step of AdamW for parameters p [n] in groups: group j ends before element ends[j]
// and has the decay rates[2j] and the step size rates[2j + 1]. A scale that is not
// finite changes nothing.
layout(push_constant) uniform Push {
    Out p, m, v;
    In g, scale;
    WordsIn ends;
    In rates;
    uint n, groups;
    float beta1, oneMinusBeta1, beta2, oneMinusBeta2, sqrtBias2, eps;
};

void main() {
    float s = scale.v[0];
    if (NOT_FINITE(s)) return;
    EACH(i, n) {
        uint group = 0;
        while (group + 1 < groups && i >= ends.v[group]) group++;
        precise float w = g.v[i] * s;
        precise float old = m.v[i] * beta1;
        precise float mean = FMA(w, oneMinusBeta1, old);
        precise float part = w * oneMinusBeta2;
        old = v.v[i] * beta2;
        precise float square = FMA(part, w, old);
        precise float d = sqrt(square) / sqrtBias2;
        d = d + eps;
        precise float step_ = mean * rates.v[2 * group + 1];
        step_ = step_ / d;
        precise float q = p.v[i] * rates.v[2 * group];
        q = q - step_;
        m.v[i] = mean;
        v.v[i] = square;
        p.v[i] = q;
    }
}
