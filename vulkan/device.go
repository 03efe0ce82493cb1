package vulkan

import (
	"fmt"
	"unsafe"

	"github.com/godmae/godmae/vulkan/internal/dl"
	"github.com/godmae/godmae/vulkan/internal/vk"
)

// portabilitySubset is an extension that must be asked for where it is offered.
const portabilitySubset = "VK_KHR_portability_subset"

// device is an opened device with its queue.
type device struct {
	vk.DeviceCommands
	instance *instance
	info     DeviceInfo
	handle   uintptr
	queue    uintptr

	// fault, in tests, may make a call fail before it is made.
	fault func(call string) vk.Result

	// objects counts those that were made and not destroyed.
	objects int
}

// Error is a call of the driver that failed.
type Error struct {
	Call, Device string
	Result       vk.Result
}

// Error is one sentence.
func (e *Error) Error() string {
	return fmt.Sprintf("the Vulkan device %s failed in %s: %v", e.Device, e.Call, e.Result)
}

// Unwrap returns the result.
func (e *Error) Unwrap() error { return e.Result }

// open opens the device.
func (i *instance) open(info DeviceInfo, fault func(string) vk.Result) (*device, error) {
	priority := float32(1)
	queue := &vk.DeviceQueueCreateInfo{
		SType: vk.StructureTypeDeviceQueueCreateInfo, QueueFamilyIndex: info.family, QueueCount: 1, PQueuePriorities: unsafe.Pointer(&priority),
	}
	timeline := &vk.PhysicalDeviceTimelineSemaphoreFeatures{SType: vk.StructureTypePhysicalDeviceTimelineSemaphoreFeatures, TimelineSemaphore: vk.True}
	address := &vk.PhysicalDeviceBufferDeviceAddressFeatures{
		SType: vk.StructureTypePhysicalDeviceBufferDeviceAddressFeatures, PNext: unsafe.Pointer(timeline), BufferDeviceAddress: vk.True,
	}
	features := &vk.PhysicalDeviceFeatures2{SType: vk.StructureTypePhysicalDeviceFeatures2, PNext: unsafe.Pointer(address)}
	if info.Float64 {
		features.Features.ShaderFloat64 = vk.True
	}
	create := &vk.DeviceCreateInfo{
		SType: vk.StructureTypeDeviceCreateInfo, PNext: unsafe.Pointer(features), QueueCreateInfoCount: 1, PQueueCreateInfos: unsafe.Pointer(queue),
	}
	if info.portable {
		list := cStrings(portabilitySubset)
		create.EnabledExtensionCount, create.PpEnabledExtensionNames = 1, unsafe.Pointer(&list[0])
	}
	d := &device{instance: i, info: info, fault: fault}
	handle := new(uintptr)
	if err := d.do("vkCreateDevice", i.CreateDevice, info.physical, uintptr(unsafe.Pointer(create)), 0, uintptr(unsafe.Pointer(handle))); err != nil {
		return nil, err
	}
	d.handle = *handle
	var err error
	if d.DeviceCommands, err = i.Device(d.handle); err != nil {
		return nil, err
	}
	dl.Call(d.GetDeviceQueue, d.handle, uintptr(info.family), 0, uintptr(unsafe.Pointer(handle)))
	d.queue = *handle
	return d, nil
}

// do calls a function that returns a VkResult.
//
//go:uintptrescapes
func (d *device) do(name string, function uintptr, args ...uintptr) error {
	r := vk.Success
	if d.fault != nil {
		r = d.fault(name)
	}
	if r == vk.Success {
		r = vk.Result(dl.Call(function, args...))
	}
	if r == vk.Success {
		return nil
	}
	return &Error{name, d.info.Name, r}
}

// make calls a function that makes an object from what info points to. A handle of
// zero that comes with success is an error, too.
func (d *device) make(name string, function uintptr, info unsafe.Pointer) (uint64, error) {
	h := new(uint64)
	if err := d.do(name, function, d.handle, uintptr(info), 0, uintptr(unsafe.Pointer(h))); err != nil {
		return 0, err
	}
	if *h == 0 {
		return 0, fmt.Errorf("the Vulkan device %s made nothing in %s and said that it had", d.info.Name, name)
	}
	d.objects++
	return *h, nil
}

// destroy destroys an object that make made; 0 stands for none.
func (d *device) destroy(function uintptr, object uint64) {
	if object != 0 {
		dl.Call(function, d.handle, uintptr(object), 0)
		d.objects--
	}
}

// close closes the device. All objects have been destroyed.
func (d *device) close() { dl.Call(d.DestroyDevice, d.handle, 0) }

// idle waits until nothing is running, or the device is lost.
func (d *device) idle() { dl.Call(d.DeviceWaitIdle, d.handle) }
