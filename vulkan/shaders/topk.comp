#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// classes [rows, count]: the places of the largest numbers of each row x [k], best
// first, of equal ones the first; -1 in the place of what is NaN or -Inf. Numbers are
// compared as integers, so that a device's treatment of NaN or subnormals does not
// matter.
layout(push_constant) uniform Push {
    WordsOut classes;
    WordsIn x;
    uint rows, k, count;
};

// key orders floats: -Inf and NaN are 0, +0 and -0 are the same.
uint key(uint bits) {
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u || bits == 0xFF800000u) return 0;
    if (bits == 0x80000000u) bits = 0;
    return (bits >> 31) != 0 ? ~bits : bits | 0x80000000u;
}

void main() {
    EACH(r, rows) {
        uint lastKey = 0xFFFFFFFFu, last = 0; // of the answer before
        for (uint c = 0; c < count; c++) {
            uint best = 0, at = 0xFFFFFFFFu;
            for (uint j = 0; j < k; j++) {
                uint v = key(x.v[r * k + j]);
                bool behind = c == 0 || v < lastKey || v == lastKey && j > last;
                if (behind && v > best) {
                    best = v;
                    at = j;
                }
            }
            classes.v[r * count + c] = at;
            lastKey = best;
            last = at;
        }
    }
}
