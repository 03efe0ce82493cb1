// Arithmetic with stated rounding, and the elementary functions of internal/exact with
// the same sequences of operations. "precise" keeps a compiler from contracting or
// reordering; a test reads the SPIR-V and finds no operation without it.
//
// FMA is the device's. With EXACT_FMA it is emulated in float64 and rounds once on every
// device that has float64: the exact sum rounded to odd (Boldo and Melquiond, IEEE TC
// 2008), then to float32, as in internal/exact.
#ifdef EXACT_FMA
precise float FMA(float a, float b, float c) {
    precise double p = double(a) * double(b); // exact
    precise double d = double(c);
    precise double s = p + d;
    uvec2 w = unpackDouble2x32(s);
    if ((w.x << 4) == 0) { // s may lie between two float32 or be one
        precise double t = s - p;
        precise double e = (p - (s - t)) + (d - t); // p + d = s + e (Knuth's TwoSum)
        if (e > 0 && s > 0 || e < 0 && s < 0) {
            w.x++;
        } else if (e > 0 && s < 0 || e < 0 && s > 0) {
            if (w.x == 0) w.y--;
            w.x--;
        }
        s = packDouble2x32(w);
    }
    return float(s);
}
#else
#define FMA(a, b, c) fma(a, b, c)
#endif

#define NEG_INF uintBitsToFloat(0xFF800000u)

// POW2 is 2^n for -126 <= n <= 127.
#define POW2(n) uintBitsToFloat(uint((n) + 127) << 23)

// reduceExp splits x into n*ln(2) + r with |r| <= ln(2)/2.
precise float reduceExp(float x, out int n) {
    precise float t = FMA(x, 1.44269502, 12582912.0); // 1.5 * 2^23
    n = int(floatBitsToUint(t)) - 0x4B400000;
    precise float f = t - 12582912.0;
    precise float r = FMA(f, -0.693147182, x);
    r = FMA(f, -(-1.90465421e-09), r);
    return r;
}

// expPoly is e^r on the reduced range.
precise float expPoly(float r) {
    precise float p = FMA(0.00138210028, r, 0.00836867373);
    p = FMA(p, r, 0.0416682623);
    p = FMA(p, r, 0.166665211);
    p = FMA(p, r, 0.49999994);
    p = FMA(p, r, 1.0);
    return FMA(p, r, 1.0);
}

// EXP is e^x, 0 below -87.34; NaN passes.
precise float EXP(float x) {
    float y = x > 89.0 ? 89.0 : x;
    int n;
    precise float r = reduceExp(y, n);
    int half_ = n >> 1;
    precise float p = expPoly(r) * POW2(half_);
    p = p * POW2(n - half_);
    return x < -87.34 ? 0.0 : p;
}

// logNormal is log(x * 2^exponent) for a positive normal x.
precise float logNormal(float x, int exponent) {
    int i = int(floatBitsToUint(x)) - 0x3F3504F3;
    float e = float((i >> 23) + exponent);
    float m = uintBitsToFloat(uint((i & 0x7FFFFF) + 0x3F3504F3));
    precise float f = m - 1.0;
    precise float z = f * f;
    precise float q = FMA(-0.0763348192, f, 0.127619088);
    q = FMA(q, f, -0.131604791);
    q = FMA(q, f, 0.142016098);
    q = FMA(q, f, -0.166233197);
    q = FMA(q, f, 0.200012416);
    q = FMA(q, f, -0.250008225);
    q = FMA(q, f, 0.333333313);
    precise float y = f * z;
    y = y * q;
    y = FMA(e, -1.90465421e-09, y);
    y = FMA(-0.5, z, y);
    y = f + y;
    return FMA(e, 0.693147182, y);
}

// LOG is the natural logarithm; that of 0 is -Inf, of a negative number NaN.
precise float LOG(float x) {
    uint bits = floatBitsToUint(x);
    if ((bits & 0x7FFFFFFFu) == 0) return NEG_INF;
    if (bits > 0x7F800000u && bits <= 0x7FFFFFFFu || bits == 0x7F800000u) return x; // NaN, +Inf
    if (bits >= 0x80000000u) return uintBitsToFloat(0x7FC00000u);
    precise float scaled = x * 33554432.0; // 2^25
    return bits < 0x00800000u ? logNormal(scaled, -25) : logNormal(x, 0);
}

// ERF is the error function.
precise float ERF(float x) {
    precise float z = x * x;
    precise float s = FMA(-0.000592681346, z, 0.00498096924);
    s = FMA(s, z, -0.0267587099);
    s = FMA(s, z, 0.1128162);
    s = FMA(s, z, -0.376124799);
    s = FMA(s, z, 0.128379151);
    s = FMA(s, x, x);
    float t = abs(x);
    float y = t > 4.0 ? 4.0 : t;
    precise float g = FMA(0.000193887172, y, -0.00302301371);
    g = FMA(g, y, 0.0221459977);
    g = FMA(g, y, -0.103762887);
    g = FMA(g, y, -0.637375474);
    g = FMA(g, y, -1.12756026);
    g = FMA(g, y, -0.000223755414);
    int n;
    precise float r = reduceExp(g, n);
    precise float p = expPoly(r) * POW2(n);
    precise float l = 1.0 - p;
    l = uintBitsToFloat(floatBitsToUint(l) | floatBitsToUint(x) & 0x80000000u);
    return t > 0.9375 ? l : s;
}

// PHI is the standard normal distribution function.
precise float PHI(float x) {
    precise float t = x * 0.707106769;
    return FMA(0.5, ERF(t), 0.5);
}

// GELU is x*PHI(x).
precise float GELU(float x) {
    precise float y = x * PHI(x);
    return y;
}

// GELU_GRAD is its derivative, PHI(x) + x*phi(x).
precise float GELU_GRAD(float x) {
    precise float w = x * x;
    w = w * -0.5;
    precise float d = EXP(w) * 0.398942292;
    return FMA(x, d, PHI(x));
}
