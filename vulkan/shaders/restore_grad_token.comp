#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// dtok [d] (+)= for each sample the sum of the rows of dy [B, 1 + l, d] whose rank ids
// [B, l] is at least k: a chain from +0, added in the order of the samples.
layout(push_constant) uniform Push {
    Out dtok;
    In dy;
    WordsIn ids;
    uint d, samples, l, k, accumulate;
};

void main() {
    EACH(i, d) {
        precise float sum = accumulate != 0 ? dtok.v[i] : 0;
        for (uint s = 0; s < samples; s++) {
            precise float chain = 0;
            for (uint j = 0; j < l; j++) {
                if (ids.v[s * l + j] >= k) chain = chain + dy.v[(s * (1 + l) + 1 + j) * d + i];
            }
            sum = sum + chain;
        }
        dtok.v[i] = sum;
    }
}
