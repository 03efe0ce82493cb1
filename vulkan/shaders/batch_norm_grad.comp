#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"

// dx = rstd*(dy - sum(dy)/rows - y*(sum(dy*y)/rows)) for each column of [rows, d].
layout(push_constant) uniform Push {
    Out dx;
    In dy, y, rstd;
    uint rows, d;
};

void main() {
    EACH(j, d) {
        precise float sum = 0, dot_ = 0;
        for (uint i = 0; i < rows; i++) {
            sum = sum + dy.v[i * d + j];
            dot_ = FMA(dy.v[i * d + j], y.v[i * d + j], dot_);
        }
        sum = sum / float(rows);
        dot_ = dot_ / float(rows);
        for (uint i = 0; i < rows; i++) {
            precise float c = dy.v[i * d + j] - sum;
            precise float p = y.v[i * d + j] * dot_;
            c = c - p;
            c = rstd.v[j] * c;
            dx.v[i * d + j] = c;
        }
    }
}
