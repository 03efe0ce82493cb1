// Package vk holds the part of Vulkan 1.2's C interface that the backend uses:
// constants, structs with the layout of vulkan_core.h, and tables of functions. It has
// no rules of its own; names are Vulkan's, without the prefix.
//
// Handles are uint64 (objects) and uintptr (those that C declares as pointers). A
// struct that holds a pointer to another keeps it alive in Go's terms, too.
//
// The layouts are written by hand for 64-bit systems. TestLayout compares them with
// testdata/layout.txt, which a program that includes vulkan_core.h printed
// (scripts/vulkan-layout.sh).
package vk
