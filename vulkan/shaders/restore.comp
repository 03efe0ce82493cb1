#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// y [B, 1 + l, d]: the class token of x [B, 1 + k, d], then for each of the l patches
// the encoded patch of its rank ids [B, l] if that is below k, the mask token otherwise.
layout(push_constant) uniform Push {
    WordsOut y;
    WordsIn x, mask, ids;
    uint n, k, l, d;
};

void main() {
    EACH(i, n) {
        uint row = i / d, sample_ = row / (1 + l), token = row % (1 + l);
        uint rank = token == 0 ? 0 : 1 + ids.v[sample_ * l + token - 1];
        y.v[i] = rank <= k ? x.v[(sample_ * (1 + k) + rank) * d + i % d] : mask.v[i % d];
    }
}
