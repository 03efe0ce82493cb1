#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// y = (x - mean[c]) / std[c] for images [B, c, plane], at most three channels.
layout(push_constant) uniform Push {
    Out y;
    In x;
    uint n, c, plane;
    float mean0, mean1, mean2, std0, std1, std2;
};

void main() {
    EACH(i, n) {
        uint channel = i / plane % c;
        float mean = channel == 0 ? mean0 : channel == 1 ? mean1 : mean2;
        float std = channel == 0 ? std0 : channel == 1 ? std1 : std2;
        precise float q = (x.v[i] - mean) / std;
        y.v[i] = q;
    }
}
