// Package vulkan is a backend for graphics cards of any vendor, through Vulkan 1.2.
// It needs no cgo and no vendor's kit: package vulkan/internal/dl loads the system's
// Vulkan loader when a device is opened.
//
// Start at [Open], which returns a [Backend], and at [Devices], which lists what could
// be opened. A call of Run or Upload is recorded into a command buffer (recorder.go);
// command buffers are submitted when enough work has gathered or when numbers are
// asked for, and one timeline semaphore says how far the device has come. Tensors are
// ranges of large blocks of memory (memory.go). Kernels get the addresses of tensors
// and a few numbers as push constants, at most 128 bytes, and there are no
// descriptors. Which memory each command reads and writes is kept by the recorder,
// which puts a barrier where the ranges of two commands conflict (hazard.go).
//
// The kernels are written in GLSL, in the folder shaders. docs/vulkan.md says how to
// add one, and which operations are there.
package vulkan
