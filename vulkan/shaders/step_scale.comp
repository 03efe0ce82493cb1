#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"

// scale = min(1, limit/(sqrt(sum) + 1e-6)), 1 without a limit, NaN where sum or one of
// the losses [n] is not finite. With exact kernels it is computed in float64.
layout(push_constant) uniform Push {
    Out scale;
    In sum, losses;
    uint n;
    float limit;
    uint low, high; // the bits of the limit in float64
};

void main() {
    if (gl_GlobalInvocationID.x != 0) return;
    bool bad = NOT_FINITE(sum.v[0]);
    for (uint i = 0; i < n; i++) bad = bad || NOT_FINITE(losses.v[i]);
    float s = 1;
    if (bad) {
        s = uintBitsToFloat(0x7FC00000u);
    } else if (limit != 0) {
#ifdef EXACT_FMA
        precise double root = sqrt(double(sum.v[0])) + 1e-6lf;
        precise double q = packDouble2x32(uvec2(low, high)) / root;
        s = q < 1 ? float(q) : 1;
#else
        precise float root = sqrt(sum.v[0]) + 1e-6;
        precise float q = limit / root;
        s = q < 1 ? q : 1;
#endif
    }
    scale.v[0] = s;
}
