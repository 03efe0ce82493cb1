package vk

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/layout.txt with the C compiler and vulkan_core.h of this machine")

var structs = []any{
	ApplicationInfo{}, InstanceCreateInfo{}, ExtensionProperties{},
	PhysicalDeviceLimits{}, PhysicalDeviceSparseProperties{}, PhysicalDeviceProperties{}, PhysicalDeviceProperties2{},
	ConformanceVersion{}, PhysicalDeviceDriverProperties{}, PhysicalDeviceFloatControlsProperties{}, PhysicalDeviceMaintenance3Properties{},
	PhysicalDeviceFeatures{}, PhysicalDeviceFeatures2{}, PhysicalDeviceBufferDeviceAddressFeatures{}, PhysicalDeviceTimelineSemaphoreFeatures{},
	MemoryType{}, MemoryHeap{}, PhysicalDeviceMemoryProperties{}, Extent3D{}, QueueFamilyProperties{},
	DeviceQueueCreateInfo{}, DeviceCreateInfo{}, BufferCreateInfo{}, MemoryRequirements{}, MemoryAllocateInfo{}, MemoryAllocateFlagsInfo{},
	BufferDeviceAddressInfo{}, ShaderModuleCreateInfo{}, PushConstantRange{}, PipelineLayoutCreateInfo{}, PipelineShaderStageCreateInfo{},
	ComputePipelineCreateInfo{}, CommandPoolCreateInfo{}, CommandBufferAllocateInfo{}, CommandBufferBeginInfo{}, MemoryBarrier{}, BufferCopy{},
	SemaphoreCreateInfo{}, SemaphoreTypeCreateInfo{}, TimelineSemaphoreSubmitInfo{}, SubmitInfo{}, SemaphoreWaitInfo{},
}

var constants = map[string]int64{
	"VK_API_VERSION_1_2":                                               APIVersion12,
	"VK_STRUCTURE_TYPE_APPLICATION_INFO":                               StructureTypeApplicationInfo,
	"VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO":                           StructureTypeInstanceCreateInfo,
	"VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2":                   StructureTypePhysicalDeviceProperties2,
	"VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES":              StructureTypePhysicalDeviceDriverProperties,
	"VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES":      StructureTypePhysicalDeviceFloatControlsProperties,
	"VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES":       StructureTypePhysicalDeviceMaintenance3Properties,
	"VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2":                     StructureTypePhysicalDeviceFeatures2,
	"VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES": StructureTypePhysicalDeviceBufferDeviceAddressFeatures,
	"VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES":    StructureTypePhysicalDeviceTimelineSemaphoreFeatures,
	"VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO":                       StructureTypeDeviceQueueCreateInfo,
	"VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO":                             StructureTypeDeviceCreateInfo,
	"VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO":                             StructureTypeBufferCreateInfo,
	"VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO":                           StructureTypeMemoryAllocateInfo,
	"VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO":                     StructureTypeMemoryAllocateFlagsInfo,
	"VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO":                     StructureTypeBufferDeviceAddressInfo,
	"VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO":                      StructureTypeShaderModuleCreateInfo,
	"VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO":                    StructureTypePipelineLayoutCreateInfo,
	"VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO":              StructureTypePipelineShaderStageCreateInfo,
	"VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO":                   StructureTypeComputePipelineCreateInfo,
	"VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO":                       StructureTypeCommandPoolCreateInfo,
	"VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO":                   StructureTypeCommandBufferAllocateInfo,
	"VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO":                      StructureTypeCommandBufferBeginInfo,
	"VK_STRUCTURE_TYPE_MEMORY_BARRIER":                                 StructureTypeMemoryBarrier,
	"VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO":                          StructureTypeSemaphoreCreateInfo,
	"VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO":                     StructureTypeSemaphoreTypeCreateInfo,
	"VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO":                 StructureTypeTimelineSemaphoreSubmitInfo,
	"VK_STRUCTURE_TYPE_SUBMIT_INFO":                                    StructureTypeSubmitInfo,
	"VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO":                            StructureTypeSemaphoreWaitInfo,
	"VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR":                 InstanceCreateEnumeratePortabilityBit,
	"VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU":                           PhysicalDeviceTypeIntegratedGPU,
	"VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU":                             PhysicalDeviceTypeDiscreteGPU,
	"VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU":                              PhysicalDeviceTypeVirtualGPU,
	"VK_PHYSICAL_DEVICE_TYPE_CPU":                                      PhysicalDeviceTypeCPU,
	"VK_QUEUE_COMPUTE_BIT":                                             QueueComputeBit,
	"VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT":                              MemoryPropertyDeviceLocalBit,
	"VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT":                              MemoryPropertyHostVisibleBit,
	"VK_MEMORY_PROPERTY_HOST_COHERENT_BIT":                             MemoryPropertyHostCoherentBit,
	"VK_MEMORY_PROPERTY_HOST_CACHED_BIT":                               MemoryPropertyHostCachedBit,
	"VK_MEMORY_HEAP_DEVICE_LOCAL_BIT":                                  MemoryHeapDeviceLocalBit,
	"VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT":                            MemoryAllocateDeviceAddressBit,
	"VK_BUFFER_USAGE_TRANSFER_SRC_BIT":                                 BufferUsageTransferSrcBit,
	"VK_BUFFER_USAGE_TRANSFER_DST_BIT":                                 BufferUsageTransferDstBit,
	"VK_BUFFER_USAGE_STORAGE_BUFFER_BIT":                               BufferUsageStorageBufferBit,
	"VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT":                        BufferUsageShaderDeviceAddressBit,
	"VK_SHADER_STAGE_COMPUTE_BIT":                                      ShaderStageComputeBit,
	"VK_PIPELINE_BIND_POINT_COMPUTE":                                   PipelineBindPointCompute,
	"VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT":                  CommandPoolCreateResetCommandBufferBit,
	"VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT":                      CommandBufferUsageOneTimeSubmitBit,
	"VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT":                             PipelineStageComputeShaderBit,
	"VK_PIPELINE_STAGE_TRANSFER_BIT":                                   PipelineStageTransferBit,
	"VK_PIPELINE_STAGE_HOST_BIT":                                       PipelineStageHostBit,
	"VK_ACCESS_SHADER_READ_BIT":                                        AccessShaderReadBit,
	"VK_ACCESS_SHADER_WRITE_BIT":                                       AccessShaderWriteBit,
	"VK_ACCESS_TRANSFER_READ_BIT":                                      AccessTransferReadBit,
	"VK_ACCESS_TRANSFER_WRITE_BIT":                                     AccessTransferWriteBit,
	"VK_ACCESS_HOST_READ_BIT":                                          AccessHostReadBit,
	"VK_SEMAPHORE_TYPE_TIMELINE":                                       SemaphoreTypeTimeline,
	"VK_SUCCESS":                                                       int64(Success),
	"VK_TIMEOUT":                                                       int64(Timeout),
	"VK_INCOMPLETE":                                                    int64(Incomplete),
	"VK_ERROR_OUT_OF_HOST_MEMORY":                                      int64(ErrorOutOfHostMemory),
	"VK_ERROR_OUT_OF_DEVICE_MEMORY":                                    int64(ErrorOutOfDeviceMemory),
	"VK_ERROR_INITIALIZATION_FAILED":                                   int64(ErrorInitialization),
	"VK_ERROR_DEVICE_LOST":                                             int64(ErrorDeviceLost),
	"VK_ERROR_MEMORY_MAP_FAILED":                                       int64(ErrorMemoryMapFailed),
	"VK_ERROR_LAYER_NOT_PRESENT":                                       int64(ErrorLayerNotPresent),
	"VK_ERROR_EXTENSION_NOT_PRESENT":                                   int64(ErrorExtension),
	"VK_ERROR_FEATURE_NOT_PRESENT":                                     int64(ErrorFeature),
	"VK_ERROR_INCOMPATIBLE_DRIVER":                                     int64(ErrorIncompatible),
	"VK_ERROR_TOO_MANY_OBJECTS":                                        int64(ErrorTooManyObjects),
	"VK_ERROR_FRAGMENTED_POOL":                                         int64(ErrorFragmentedPool),
	"VK_ERROR_UNKNOWN":                                                 int64(ErrorUnknown),
	"VK_ERROR_INVALID_SHADER_NV":                                       int64(ErrorInvalidShader),
	"VK_ERROR_INVALID_OPAQUE_CAPTURE_ADDRESS":                          int64(ErrorOpaqueAddress),
}

// names returns the lines of the table without their numbers, with the C expression
// of each number.
func names() (lines, exprs []string) {
	for _, s := range structs {
		t := reflect.TypeOf(s)
		lines = append(lines, "sizeof Vk"+t.Name())
		exprs = append(exprs, fmt.Sprintf("sizeof(Vk%s)", t.Name()))
		for i := range t.NumField() {
			f := cName(t.Field(i).Name)
			lines = append(lines, fmt.Sprintf("offsetof Vk%s %s", t.Name(), f))
			exprs = append(exprs, fmt.Sprintf("offsetof(Vk%s, %s)", t.Name(), f))
		}
	}
	for _, c := range sortedConstants() {
		lines, exprs = append(lines, c), append(exprs, c)
	}
	return lines, exprs
}

func sortedConstants() []string { return slices.Sorted(maps.Keys(constants)) }

// cName is the name of a field in C.
func cName(field string) string { return strings.ToLower(field[:1]) + field[1:] }

// ours is the table as Go sees it.
func ours() string {
	var b strings.Builder
	for _, s := range structs {
		t := reflect.TypeOf(s)
		fmt.Fprintf(&b, "sizeof Vk%s %d\n", t.Name(), t.Size())
		for i := range t.NumField() {
			fmt.Fprintf(&b, "offsetof Vk%s %s %d\n", t.Name(), cName(t.Field(i).Name), t.Field(i).Offset)
		}
	}
	for _, c := range sortedConstants() {
		fmt.Fprintf(&b, "%s %d\n", c, constants[c])
	}
	return b.String()
}

// fromHeader compiles and runs a program that prints the table.
func fromHeader(t *testing.T) string {
	var c strings.Builder
	c.WriteString("#include <stddef.h>\n#include <stdio.h>\n#include <vulkan/vulkan_core.h>\nint main(void) {\n")
	lines, exprs := names()
	for i := range lines {
		fmt.Fprintf(&c, "\tprintf(\"%s %%lld\\n\", (long long)%s);\n", lines[i], exprs[i])
	}
	c.WriteString("\treturn 0;\n}\n")
	dir := t.TempDir()
	source, program := filepath.Join(dir, "layout.c"), filepath.Join(dir, "layout")
	require.NoError(t, os.WriteFile(source, []byte(c.String()), 0o600))
	out, err := exec.Command("cc", "-o", program, source).CombinedOutput()
	require.NoError(t, err, "%s", out)
	out, err = exec.Command(program).Output()
	require.NoError(t, err)
	return string(out)
}

const table = "testdata/layout.txt"

func TestLayout(t *testing.T) {
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(table, []byte(fromHeader(t)), 0o644))
	}
	want, err := os.ReadFile(table)
	require.NoError(t, err)
	require.Equal(t, string(want), ours())
}

// The committed table is what a compiler on this machine makes of its vulkan_core.h.
func TestLayoutOfTheHeader(t *testing.T) {
	if _, err := os.Stat("/usr/include/vulkan/vulkan_core.h"); err != nil {
		t.Skip("libvulkan-dev is not installed")
	}
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip("a C compiler is not installed")
	}
	want, err := os.ReadFile(table)
	require.NoError(t, err)
	require.Equal(t, string(want), fromHeader(t))
}

// Every constant of the package is compared.
func TestAllConstantsAreCompared(t *testing.T) {
	for _, file := range []string{"constants.go", "result.go"} {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		test, err := os.ReadFile("layout_test.go")
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`(?m)^\t([A-Z]\w+)(?: +Result)? += `).FindAllSubmatch(source, -1) {
			require.Regexp(t, `\b`+string(m[1])+`\b`, string(test))
		}
	}
}

func TestMissingLoader(t *testing.T) {
	_, err := load([]string{"libno-such-loader.so.1"})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "\n")
}

func TestResultsAreSentences(t *testing.T) {
	for r := range sentences {
		require.NotContains(t, r.Error(), "unknown result")
	}
	require.Equal(t, "the driver returned the unknown result -77", Result(-77).Error())
}
