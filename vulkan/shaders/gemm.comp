#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "math.glsl"

#extension GL_EXT_control_flow_attributes : require

// c [m, n] = end of (a b^T), where element (i, k) of a is a[i*ai + k*ak] and element
// (j, k) of b is b[j*bj + k*bk]: every element is one chain of fused multiply-adds over
// ascending k, from +0 or from c. The end adds bias [n], keeps the sum in pre, applies
// GELU, multiplies by the scale of the row's sample and adds res, as flags say.
//
// A workgroup computes tiles of 32 by 32, an invocation 4 by 4 of one; 16 steps of k
// at a time go through shared memory. Rows and columns are padded, k never is.
layout(push_constant) uniform Push {
    Out c;
    In a, b, bias;
    Out pre;
    In res, scale;
    uint m, n, k, ai, ak, bj, bk, flags, rowsPerScale;
};

const uint BIAS = 1, GELU_ = 2, PRE = 4, RES = 8, SCALE = 16, ACCUMULATE = 32;
const uint TILE = 32, STEP = 16, PITCH = TILE + 1;

shared float as[STEP * PITCH], bs[STEP * PITCH];

// store finishes and stores an element.
void store(uint row, uint col, float sum) {
    uint at = row * n + col;
    precise float y = sum;
    if ((flags & BIAS) != 0) y = y + bias.v[col];
    if ((flags & PRE) != 0) pre.v[at] = y;
    if ((flags & GELU_) != 0) y = GELU(y);
    if ((flags & SCALE) != 0) y = y * scale.v[row / rowsPerScale];
    if ((flags & RES) != 0) y = res.v[at] + y;
    c.v[at] = y;
}

void main() {
    uint id = gl_LocalInvocationID.x, across = (n + TILE - 1) / TILE, tiles = (m + TILE - 1) / TILE * across;
    for (uint tile = gl_WorkGroupID.x; tile < tiles; tile += gl_NumWorkGroups.x) {
        uint top = tile / across * TILE, left = tile % across * TILE;
        uint row = top + id / 8 * 4, col = left + id % 8 * 4;
        precise float sum[4][4];
        [[unroll]] for (uint i = 0; i < 4; i++) [[unroll]] for (uint j = 0; j < 4; j++) {
            sum[i][j] = 0;
            if ((flags & ACCUMULATE) != 0 && row + i < m && col + j < n) sum[i][j] = c.v[(row + i) * n + col + j];
        }
        for (uint first = 0; first < k; first += STEP) {
            uint steps = min(STEP, k - first);
            barrier();
            for (uint e = id; e < TILE * STEP; e += 64) {
                // Neighbours read neighbouring numbers.
                uint ia = ak == 1 ? e / STEP : e % TILE, ka = ak == 1 ? e % STEP : e / TILE;
                uint jb = bk == 1 ? e / STEP : e % TILE, kb = bk == 1 ? e % STEP : e / TILE;
                if (top + ia < m && ka < steps) as[ka * PITCH + ia] = a.v[(top + ia) * ai + (first + ka) * ak];
                if (left + jb < n && kb < steps) bs[kb * PITCH + jb] = b.v[(left + jb) * bj + (first + kb) * bk];
            }
            barrier();
            for (uint s = 0; s < steps; s++) {
                float x[4], y[4];
                [[unroll]] for (uint i = 0; i < 4; i++) x[i] = as[s * PITCH + id / 8 * 4 + i];
                [[unroll]] for (uint j = 0; j < 4; j++) y[j] = bs[s * PITCH + id % 8 * 4 + j];
                [[unroll]] for (uint i = 0; i < 4; i++) [[unroll]] for (uint j = 0; j < 4; j++) sum[i][j] = FMA(x[i], y[j], sum[i][j]);
            }
        }
        [[unroll]] for (uint i = 0; i < 4; i++) [[unroll]] for (uint j = 0; j < 4; j++) {
            if (row + i < m && col + j < n) store(row + i, col + j, sum[i][j]);
        }
    }
}
