// Reductions of rows in the order of the contract: sixteen lanes begin at start,
// element i enters lane i mod 16, and lane i then gets lane i + 8, + 4, + 2 and + 1.
// Rows longer than 4,096 are cut into blocks of that size, whose results are reduced in
// the same way. A workgroup works on four rows at once, sixteen invocations on each.
shared float lanes[64];

const uint BLOCK = 4096;

#define LANE (gl_LocalInvocationID.x % 16)

// ROWS loops over the rows of this invocation. All invocations of a workgroup run it
// equally often; those without a row have valid = false and take part in barriers.
#define ROWS(row, valid, rows) \
    for (uint base = gl_WorkGroupID.x * 4; base < (rows); base += gl_NumWorkGroups.x * 4) { \
        uint row = base + gl_LocalInvocationID.x / 16; \
        bool valid = row < (rows);
#define END_ROWS }

float larger(float m, float v) { return v > m ? v : m; }

precise float treeSum(float lane) {
    uint i = gl_LocalInvocationID.x;
    barrier();
    lanes[i] = lane;
    for (uint h = 8; h > 0; h /= 2) {
        barrier();
        if (LANE < h) {
            precise float s = lanes[i] + lanes[i + h];
            lanes[i] = s;
        }
    }
    barrier();
    return lanes[i - LANE];
}

float treeMax(float lane) {
    uint i = gl_LocalInvocationID.x;
    barrier();
    lanes[i] = lane;
    for (uint h = 8; h > 0; h /= 2) {
        barrier();
        if (LANE < h) lanes[i] = larger(lanes[i], lanes[i + h]);
    }
    barrier();
    return lanes[i - LANE];
}

// SUM sets result to the sum over i = 0, ..., n - 1, in which lane = step lets element i
// enter a lane.
#define SUM(result, lane, i, n, valid, step) { \
        precise float lane, all = 0, block_ = 0; \
        for (uint first = 0, number = 0; first == 0 || first < (n); first += BLOCK, number++) { \
            lane = 0; \
            if (valid) for (uint i = first + LANE; i < min(first + BLOCK, n); i += 16) lane = step; \
            block_ = treeSum(lane); \
            if (number % 16 == LANE) all = all + block_; \
        } \
        if ((n) > BLOCK) block_ = treeSum(all); \
        result = block_; \
    }

// MAX sets result to the largest of the terms.
#define MAX(result, i, n, valid, term) { \
        float lane = NEG_INF; \
        if (valid) for (uint i = LANE; i < (n); i += 16) lane = larger(lane, term); \
        result = treeMax(lane); \
    }
