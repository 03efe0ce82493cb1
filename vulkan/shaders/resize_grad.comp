#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"

// The derivative of one direction of a bicubic interpolation: dx [planes, h, w] from
// dy [planes, oh, ow]. Each input position is a chain of fused multiply-adds from +0 over
// the output positions that read it, ascending, and their taps.
layout(push_constant) uniform Push {
    Out dx;
    In dy;
    WordsIn pos;
    In weights;
    uint n, h, w, oh, ow, rows; // rows: along rows, otherwise along columns
};

void main() {
    EACH(i, n) {
        uint col = i % w, row = i / w % h, plane = i / (w * h) * oh * ow;
        uint own = rows != 0 ? col : row, outputs = rows != 0 ? ow : oh;
        precise float sum = 0;
        for (uint o = 0; o < outputs; o++) {
            for (uint k = 0; k < 4; k++) {
                if (pos.v[4 * o + k] == own) {
                    float v = dy.v[plane + (rows != 0 ? row * ow + o : o * ow + col)];
                    sum = FMA(weights.v[4 * o + k], v, sum);
                }
            }
        }
        dx.v[i] = sum;
    }
}
