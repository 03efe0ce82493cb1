// The derivative with respect to a weight and to a score.

// dp is do_i . v_j, a chain over ascending positions.
precise float dp(uint row, uint j) {
    uint from = (row / (heads * t) * t + row % t) * w + row / t % heads * d, v = tokenAt(row, j) + 2 * w;
    precise float s = 0;
    for (uint c = 0; c < d; c++) s = FMA(do_.v[from + c], qkv.v[v + c], s);
    return s;
}

precise float ds(uint row, uint j, float m, float r, float dot_) {
    precise float s = dp(row, j) - dot_;
    s = weight(row, j, m, r) * s;
    s = s * scale;
    return s;
}
