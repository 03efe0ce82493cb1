package vk

import "fmt"

// Result is VkResult.
type Result int32

// Results that the backend tells apart.
const (
	Success                Result = 0
	Timeout                Result = 2
	Incomplete             Result = 5
	ErrorOutOfHostMemory   Result = -1
	ErrorOutOfDeviceMemory Result = -2
	ErrorInitialization    Result = -3
	ErrorDeviceLost        Result = -4
	ErrorMemoryMapFailed   Result = -5
	ErrorLayerNotPresent   Result = -6
	ErrorExtension         Result = -7
	ErrorFeature           Result = -8
	ErrorIncompatible      Result = -9
	ErrorTooManyObjects    Result = -10
	ErrorFragmentedPool    Result = -12
	ErrorUnknown           Result = -13
	ErrorInvalidShader     Result = -1000012000
	ErrorOpaqueAddress     Result = -1000257000
)

var sentences = map[Result]string{
	Timeout:                "the device did not finish in time",
	ErrorOutOfHostMemory:   "the computer has no memory left for the driver",
	ErrorOutOfDeviceMemory: "the device has no memory left",
	ErrorInitialization:    "the driver could not start the device",
	ErrorDeviceLost:        "the device was lost: its driver was reset or removed, or ended work that took too long",
	ErrorMemoryMapFailed:   "the device's memory could not be made visible to the computer",
	ErrorLayerNotPresent:   "a layer that was asked for, perhaps by VK_INSTANCE_LAYERS, is not installed",
	ErrorExtension:         "the driver lacks an extension",
	ErrorFeature:           "the device lacks a feature",
	ErrorIncompatible:      "there is no Vulkan driver for this computer",
	ErrorTooManyObjects:    "the driver cannot hold more objects",
	ErrorFragmentedPool:    "the driver's memory is too fragmented",
	ErrorUnknown:           "the driver failed for an unknown reason",
	ErrorInvalidShader:     "the driver refused a shader",
	ErrorOpaqueAddress:     "the driver could not give a buffer its address",
}

// Error says what the result means.
func (r Result) Error() string {
	if s, ok := sentences[r]; ok {
		return s
	}
	return fmt.Sprintf("the driver returned the unknown result %d", int32(r))
}
