#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// db [d] (+)= the sum over samples of dy. Sample s is rows rows of d numbers from
// s * stride on. With chained its rows are one chain from +0 that is then added to db;
// without, all rows of all samples are one chain that begins at db.
layout(push_constant) uniform Push {
    Out db;
    In dy;
    uint d, samples, rows, stride, chained, accumulate;
};

void main() {
    EACH(i, d) {
        precise float sum = accumulate != 0 ? db.v[i] : 0;
        for (uint s = 0; s < samples; s++) {
            precise float chain = chained != 0 ? 0 : sum;
            for (uint r = 0; r < rows; r++) chain = chain + dy.v[s * stride + r * d + i];
            if (chained != 0) sum = sum + chain;
            else sum = chain;
        }
        db.v[i] = sum;
    }
}
