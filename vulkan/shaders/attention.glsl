// What the kernels of attention share. A row of qkv holds q of all heads, k of all
// heads, v of all heads, each of width w; a head has d of them. A row of this
// workgroup's four is a query i of a sample and head; KEYS scores at a time are kept in
// shared memory, so that the number of tokens is not limited.
const uint KEYS = 256;

shared float scores[4 * KEYS];

#define SCORE(j) scores[gl_LocalInvocationID.x / 16 * KEYS + (j)]

// place of the numbers of a token of the sample and head that row belongs to, in qkv.
uint tokenAt(uint row, uint token) {
    uint sample_ = row / (heads * t), head = row / t % heads;
    return (sample_ * t + token) * 3 * w + head * d;
}

// score is q_i . k_j, a chain over ascending positions, times the scale.
precise float score(uint row, uint j) {
    uint q = tokenAt(row, row % t), k = tokenAt(row, j) + w;
    precise float s = 0;
    for (uint c = 0; c < d; c++) s = FMA(qkv.v[q + c], qkv.v[k + c], s);
    s = s * scale;
    return s;
}

// WEIGHTS sets m to the largest score of a row and r to 1/Z: the weight of key j is
// exp(score - m)*r.
#define WEIGHTS(row, valid, m, r) { \
        MAX(m, j, t, valid, score(row, j)) \
        SUM(r, lane, j, t, valid, lane + EXP(score(row, j) - m)) \
        r = 1.0 / r; \
    }

precise float weight(uint row, uint j, float m, float r) {
    precise float s = score(row, j) - m;
    precise float p = EXP(s) * r;
    return p;
}
