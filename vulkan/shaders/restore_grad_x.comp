#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// dx [B, 1 + k, d]: the rows of dy [B, 1 + l, d] whose rank ids [B, l] is below k, each
// in the place of its rank, behind the class token's.
layout(push_constant) uniform Push {
    WordsOut dx;
    WordsIn dy, ids;
    uint n, k, l, d;
};

void main() {
    EACH(i, n) {
        uint row = i / d, sample_ = row / (1 + l), token = row % (1 + l);
        uint rank = token == 0 ? 0 : 1 + ids.v[sample_ * l + token - 1];
        if (rank <= k) dx.v[(sample_ * (1 + k) + rank) * d + i % d] = dy.v[i];
    }
}
