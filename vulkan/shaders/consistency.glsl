// What the consistency losses need of a sample, in scratch: p and log p of each of the
// copies [copies, k], their means avg and meanLogP [k], logAvg = log(max(avg, 1e-20)),
// and room for another row. Row i of a sample is one of logits.
#define AT(row) (row * (2 * copies + 4) * k)
#define P(row, i) (AT(row) + (i) * k)
#define LOGP(row, i) (AT(row) + (copies + i) * k)
#define AVG(row) (AT(row) + 2 * copies * k)
#define MEANLOGP(row) (AVG(row) + k)
#define LOGAVG(row) (AVG(row) + 2 * k)
#define TEMP(row) (AVG(row) + 3 * k)

const float FLOOR = 1e-20;
const uint DEFAULT = 0, XENT = 1, KL = 2, MSE = 3;

uint logitsRow(uint sample_, uint i) { return together != 0 ? sample_ * copies + i : i * samples + sample_; }

// load fills the scratch of a sample. Copies are summed in order.
void load(uint row, bool valid) {
    if (valid) for (uint j = LANE; j < k; j += 16) {
        s.v[AVG(row) + j] = 0;
        s.v[MEANLOGP(row) + j] = 0;
    }
    for (uint i = 0; i < copies; i++) {
        uint from = logitsRow(row, i) * k, p = P(row, i), logp = LOGP(row, i);
        float m;
        MAX(m, j, k, valid, logits.v[from + j])
        if (valid) for (uint j = LANE; j < k; j += 16) {
            precise float d = logits.v[from + j] - m;
            s.v[logp + j] = d;
        }
        precise float z;
        SUM(z, lane, j, k, valid, lane + EXP(s.v[logp + j])) // a lane reads what it wrote
        precise float logZ = LOG(z);
        if (valid) for (uint j = LANE; j < k; j += 16) {
            precise float d = s.v[logp + j] - logZ;
            precise float e = EXP(d);
            precise float sum = s.v[AVG(row) + j] + e;
            precise float logSum = s.v[MEANLOGP(row) + j] + d;
            s.v[logp + j] = d;
            s.v[p + j] = e;
            s.v[AVG(row) + j] = sum;
            s.v[MEANLOGP(row) + j] = logSum;
        }
    }
    if (valid) for (uint j = LANE; j < k; j += 16) {
        precise float a = s.v[AVG(row) + j] / float(copies);
        precise float l = s.v[MEANLOGP(row) + j] / float(copies);
        s.v[AVG(row) + j] = a;
        s.v[MEANLOGP(row) + j] = l;
        s.v[LOGAVG(row) + j] = LOG(a > FLOOR ? a : FLOOR);
    }
}
