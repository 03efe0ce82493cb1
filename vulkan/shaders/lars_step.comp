#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// mu = momentum*mu + d*q and p = p - lr*mu, with q = trust*|p|/|d| where trust is above 0
// and neither length is 0, from the squared lengths pp and dd. A scale that is not
// finite changes nothing.
layout(push_constant) uniform Push {
    Out p, mu;
    In d, scale, pp, dd;
    uint n;
    float lr, momentum, trust;
};

void main() {
    if (NOT_FINITE(scale.v[0])) return;
    precise float pn = sqrt(pp.v[0]), dn = sqrt(dd.v[0]);
    bool adapt = trust > 0 && pn > 0 && dn > 0;
    precise float q = trust * pn;
    q = q / dn;
    EACH(i, n) {
        precise float v = d.v[i];
        if (adapt) v = v * q;
        precise float m = mu.v[i] * momentum;
        m = m + v;
        mu.v[i] = m;
        m = m * lr;
        precise float r = p.v[i] - m;
        p.v[i] = r;
    }
}
