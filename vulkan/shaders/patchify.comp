#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// y [B, h/p * w/p, c*p*p]: images [B, c, h, w] in patches of p by p pixels. The values
// of a patch are in the order channel, row, column, or with last row, column, channel.
// With inverse the copy goes the other way.
layout(push_constant) uniform Push {
    WordsOut y;
    WordsIn x;
    uint n, c, h, w, p, last, inverse;
};

void main() {
    EACH(pixel, n) {
        uint col = pixel % w, row = pixel / w % h, channel = pixel / (w * h) % c, image = pixel / (w * h * c);
        uint patch_ = (image * (h / p) + row / p) * (w / p) + col / p;
        uint value = last == 0 ? (channel * p + row % p) * p + col % p : (row % p * p + col % p) * c + channel;
        uint at = patch_ * c * p * p + value;
        if (inverse == 0) y.v[at] = x.v[pixel];
        else y.v[pixel] = x.v[at];
    }
}
