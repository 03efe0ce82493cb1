#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// y [B, size]: the 8-bit numbers x [N, size], divided by 255. picks says whether image
// [B] names the row of x for each sample. Bytes are read out of words: byte 0 of x is
// byte first of word 0.
layout(push_constant) uniform Push {
    Out y;
    WordsIn x, image;
    uint n, size, picks, first;
};

void main() {
    EACH(i, n) {
        uint row = i / size;
        if (picks != 0) row = image.v[row];
        uint at = row * size + i % size + first;
        precise float q = float(x.v[at / 4] >> (at % 4 * 8) & 255) / 255.0;
        y.v[i] = q;
    }
}
