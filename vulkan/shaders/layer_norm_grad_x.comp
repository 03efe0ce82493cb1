#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "lanes.glsl"

// dx (+)= fma(-h, b, g - a)*rstd for rows of d numbers, with h = (x - mean)*rstd,
// g = dy*gamma, a = sum(g)/d and b = sum(g*h)/d.
layout(push_constant) uniform Push {
    Out dx;
    In dy, x, mean, rstd, gamma;
    uint rows, d, accumulate;
};

precise float h(uint row, uint i) {
    precise float c = x.v[row * d + i] - mean.v[row];
    c = c * rstd.v[row];
    return c;
}

precise float g(uint row, uint i) {
    precise float p = dy.v[row * d + i] * gamma.v[i];
    return p;
}

void main() {
    ROWS(row, valid, rows)
        precise float a, b;
        SUM(a, lane, i, d, valid, lane + g(row, i))
        SUM(b, lane, i, d, valid, FMA(g(row, i), h(row, i), lane))
        a = a / float(d);
        b = b / float(d);
        if (valid) for (uint i = LANE; i < d; i += 16) {
            precise float c = g(row, i) - a;
            c = FMA(-h(row, i), b, c);
            c = c * rstd.v[row];
            if (accumulate != 0) c = dx.v[row * d + i] + c;
            dx.v[row * d + i] = c;
        }
    END_ROWS
}
