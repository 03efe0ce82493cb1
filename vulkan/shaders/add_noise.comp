#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"
#include "philox.glsl"

// y = fma(sigma, n, x): n is the Gaussian sequence at the address of each sample (package
// philox), samples of size numbers. Number e of a sequence belongs to the block at
// position 16*(e/64) + e%16, and is number (e/16)%4 of the four that Box and Muller's
// transform makes of the block.
layout(push_constant) uniform Push {
    Out y;
    In x;
    WordsIn a, b, copies, seeds;
    uint n, size, hasCopies, hasSeeds, seedLow, seedHigh, stream, copy_;
    float sigma;
};

// uniform01 is ((w>>9) + 0.5) * 2^-23, exact.
precise float uniform01(uint w) {
    precise float u = float(w >> 9) + 0.5;
    u = u * 1.1920928955078125e-07;
    return u;
}

// sinCos is the sine and cosine of 2*pi*u, as in internal/exact.
vec2 sinCos(float u) {
    precise float t = FMA(u, 4.0, 12582912.0);
    precise float f = t - 12582912.0;
    precise float r = FMA(f, -0.25, u);
    precise float z = r * r;
    precise float w = FMA(-75.465744, z, 81.5942307);
    w = FMA(w, z, -41.3416748);
    w = FMA(w, z, -1.74845553e-07);
    w = w * r;
    precise float s = FMA(r, 6.28318548, w);
    precise float c = FMA(58.6113892, z, -85.4244156);
    c = FMA(c, z, 64.9391479);
    c = FMA(c, z, -19.7392082);
    c = FMA(c, z, 1.0);
    uint q = floatBitsToUint(t);
    if ((q & 1) != 0) {
        float swap = s;
        s = c;
        c = swap;
    }
    return vec2(uintBitsToFloat(floatBitsToUint(s) ^ (q & 2) << 30), uintBitsToFloat(floatBitsToUint(c) ^ (q + 1 & 2) << 30));
}

void main() {
    EACH(i, n) {
        uint row = i / size, e = i % size;
        uvec2 key = uvec2(seedLow, seedHigh);
        if (hasSeeds != 0) key = uvec2(seeds.v[2 * row], seeds.v[2 * row + 1]);
        uint which = hasCopies != 0 ? copies.v[row] & 0xFFFF : copy_;
        uvec4 block = philox(key, uvec4(16 * (e / 64) + e % 16, b.v[row], a.v[row], stream << 24 | which));
        uint number = e / 16 % 4;
        precise float u = uniform01(number < 2 ? block.x : block.z);
        precise float v = uniform01(number < 2 ? block.y : block.w);
        precise float l = logNormal(u, 0) * -2.0;
        precise float r = sqrt(l);
        vec2 sc = sinCos(v);
        precise float g = r * ((number & 1) == 0 ? sc.y : sc.x);
        y.v[i] = FMA(sigma, g, x.v[i]);
    }
}
