#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"
#include "philox.glsl"

// y [B, size]: the network input of pixel x plus integer noise (package pixelnoise). The
// noise of a random word of 64 bits is the number of entries of cdf [entries, 2], low
// word first, that are below it; inputs holds the network input of pixel x and that
// number at x + number. Where the word equals an entry its digits do not decide:
// undecided is set, and the host refuses the result.
//
// Pixels are bytes: byte 0 of x is byte first of word 0. picks says whether image [B]
// names the row of x for each sample.
layout(push_constant) uniform Push {
    WordsOut y, undecided;
    WordsIn x, a, b, seeds, image, cdf, inputs;
    uint n, size, entries, first, flags, seedLow, seedHigh, stream; // stream: with the copy
};

const uint SEEDS = 1, PICKS = 2;

bool below(uint entry, uvec2 word) { // low word first
    uint low = cdf.v[2 * entry], high = cdf.v[2 * entry + 1];
    return high < word.y || high == word.y && low < word.x;
}

void main() {
    EACH(i, n) {
        uint row = i / size, e = i % size;
        uvec2 key = (flags & SEEDS) != 0 ? uvec2(seeds.v[2 * row], seeds.v[2 * row + 1]) : uvec2(seedLow, seedHigh);
        uvec4 block = philox(key, uvec4(e / 32 * 16 + e % 16, b.v[row], a.v[row], stream));
        uvec2 word = (e / 16 & 1) == 0 ? block.xy : block.zw;
        uint lo = 0, hi = entries; // entries below lo are below the word, from hi on they are not
        while (lo < hi) {
            uint mid = (lo + hi) / 2;
            if (below(mid, word)) lo = mid + 1;
            else hi = mid;
        }
        if (lo < entries && cdf.v[2 * lo] == word.x && cdf.v[2 * lo + 1] == word.y) undecided.v[0] = 1;
        uint from = (flags & PICKS) != 0 ? image.v[row] : row;
        uint at = from * size + e + first;
        uint pixel = x.v[at / 4] >> (at % 4 * 8) & 255;
        y.v[i] = inputs.v[pixel + lo];
    }
}
