// What every kernel begins with: the types of its arguments and the size of its
// workgroups. Tensors come as addresses, 4-byte aligned.
#extension GL_EXT_buffer_reference : require

layout(local_size_x = 64) in;

layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer In { float v[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Out { float v[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer WordsIn { uint v[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer WordsOut { uint v[]; };

// EACH loops over the elements of this invocation: i, i + all invocations, ...
#define EACH(i, n) for (uint i = gl_GlobalInvocationID.x; i < (n); i += gl_NumWorkGroups.x * 64)

// NOT_FINITE tells infinities and NaN by their bits.
#define NOT_FINITE(x) ((floatBitsToUint(x) & 0x7F800000u) == 0x7F800000u)
