#version 460
#extension GL_GOOGLE_include_directive : require
#include "head.glsl"

// y [B, c, h, w]: each image and its partner, keep*x + take*x[partner], or a box of the
// partner pasted into the image where the box has an area. With rows, weights [B, 2]
// and boxes [B, 4] are those of each image.
layout(push_constant) uniform Push {
    Out y;
    In x;
    WordsIn partner;
    In weights;
    WordsIn boxes;
    uint n, size, h, w, rows;
    int top, bottom, left, right;
    float keep, take;
};

void main() {
    EACH(i, n) {
        uint image = i / size;
        float own = x.v[i], other = x.v[partner.v[image] * size + i % size];
        ivec4 box = ivec4(top, bottom, left, right);
        vec2 share = vec2(keep, take);
        if (rows != 0) {
            uint b = image * 4;
            box = ivec4(boxes.v[b], boxes.v[b + 1], boxes.v[b + 2], boxes.v[b + 3]);
            share = vec2(weights.v[image * 2], weights.v[image * 2 + 1]);
        }
        if (box.x < box.y && box.z < box.w) {
            int row = int(i / w % h), col = int(i % w);
            bool inside = row >= box.x && row < box.y && col >= box.z && col < box.w;
            y.v[i] = inside ? other : own;
        } else {
            precise float a = own * share.x;
            precise float b = other * share.y;
            a = a + b;
            y.v[i] = a;
        }
    }
}
