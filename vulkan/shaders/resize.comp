#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"

// One direction of a bicubic interpolation: y [planes, oh, ow] from x [planes, h, w],
// which has y's size in the other direction. Output position i reads the input positions
// pos[4i..] with weights [4i..]: a chain of four fused multiply-adds from +0.
layout(push_constant) uniform Push {
    Out y;
    In x;
    WordsIn pos;
    In weights;
    uint n, h, w, oh, ow, rows; // rows: along rows, otherwise along columns
};

void main() {
    EACH(i, n) {
        uint col = i % ow, row = i / ow % oh, plane = i / (ow * oh) * h * w;
        uint tap = 4 * (rows != 0 ? col : row);
        precise float sum = 0;
        for (uint k = 0; k < 4; k++) {
            uint p = pos.v[tap + k];
            float v = x.v[plane + (rows != 0 ? row * w + p : p * w + col)];
            sum = FMA(weights.v[tap + k], v, sum);
        }
        y.v[i] = sum;
    }
}
