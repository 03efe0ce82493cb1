#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// dpred = (pred - target) * (2*dloss/size) for samples of size values.
layout(push_constant) uniform Push {
    Out dpred;
    In pred, target, dloss;
    uint n, size;
};

void main() {
    EACH(i, n) {
        precise float d = pred.v[i] - target.v[i];
        precise float s = 2.0 * dloss.v[i / size];
        s = s / float(size);
        d = d * s;
        dpred.v[i] = d;
    }
}
