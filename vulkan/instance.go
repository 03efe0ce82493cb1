package vulkan

import (
	"fmt"
	"unsafe"

	"github.com/godmae/godmae/vulkan/internal/dl"
	"github.com/godmae/godmae/vulkan/internal/vk"
)

// instance is the connection to the loader.
type instance struct {
	vk.InstanceCommands
	handle uintptr
}

// portability is the extension with which the loader lists drivers that are not
// complete, such as MoltenVK.
const portability = "VK_KHR_portability_enumeration"

func newInstance() (*instance, error) {
	lib, err := vk.Load()
	if err != nil {
		return nil, err
	}
	version := new(uint32)
	if f := lib.Global.EnumerateInstanceVersion; f != 0 {
		dl.Call(f, uintptr(unsafe.Pointer(version)))
	}
	if *version < vk.APIVersion12 {
		return nil, fmt.Errorf("the Vulkan loader knows only version %s and 1.2 is needed; install a newer one", versionText(max(*version, 1<<22)))
	}
	names, err := extensions(func(count *uint32, list *vk.ExtensionProperties) vk.Result {
		return vk.Result(dl.Call(lib.Global.EnumerateInstanceExtensionProperties, 0, uintptr(unsafe.Pointer(count)), uintptr(unsafe.Pointer(list))))
	})
	if err != nil {
		return nil, fmt.Errorf("the Vulkan loader does not list its extensions: %w", err)
	}
	app := &vk.ApplicationInfo{SType: vk.StructureTypeApplicationInfo, ApiVersion: vk.APIVersion12}
	info := &vk.InstanceCreateInfo{SType: vk.StructureTypeInstanceCreateInfo, PApplicationInfo: unsafe.Pointer(app)}
	if names[portability] {
		info.Flags = vk.InstanceCreateEnumeratePortabilityBit
		list := cStrings(portability)
		info.EnabledExtensionCount, info.PpEnabledExtensionNames = 1, unsafe.Pointer(&list[0])
	}
	handle := new(uintptr)
	if r := vk.Result(dl.Call(lib.Global.CreateInstance, uintptr(unsafe.Pointer(info)), 0, uintptr(unsafe.Pointer(handle)))); r != vk.Success {
		return nil, fmt.Errorf("the backend vulkan cannot be used: %w; install a driver for the graphics card, or mesa-vulkan-drivers to compute on the processor", r)
	}
	i := &instance{handle: *handle}
	if i.InstanceCommands, err = lib.Instance(i.handle); err != nil {
		return nil, err
	}
	return i, nil
}

func (i *instance) close() { dl.Call(i.DestroyInstance, i.handle, 0) }

// physical returns the handles of the devices.
func (i *instance) physical() ([]uintptr, error) {
	count := new(uint32)
	if r := vk.Result(dl.Call(i.EnumeratePhysicalDevices, i.handle, uintptr(unsafe.Pointer(count)), 0)); r != vk.Success {
		return nil, fmt.Errorf("the Vulkan devices cannot be listed: %w", r)
	}
	if *count == 0 {
		return nil, nil
	}
	list := make([]uintptr, *count)
	r := vk.Result(dl.Call(i.EnumeratePhysicalDevices, i.handle, uintptr(unsafe.Pointer(count)), uintptr(unsafe.Pointer(&list[0]))))
	if r != vk.Success && r != vk.Incomplete {
		return nil, fmt.Errorf("the Vulkan devices cannot be listed: %w", r)
	}
	return list[:*count], nil
}

// extensions returns the names in a list of extensions.
func extensions(get func(*uint32, *vk.ExtensionProperties) vk.Result) (map[string]bool, error) {
	count := new(uint32)
	names := map[string]bool{}
	if r := get(count, nil); r != vk.Success {
		return nil, r
	}
	if *count == 0 {
		return names, nil
	}
	list := make([]vk.ExtensionProperties, *count)
	if r := get(count, &list[0]); r != vk.Success && r != vk.Incomplete {
		return nil, r
	}
	for i := range list[:*count] {
		names[vk.String(list[i].ExtensionName[:])] = true
	}
	return names, nil
}

// cStrings returns strings as C sees a list of them.
func cStrings(s ...string) []*byte {
	list := make([]*byte, len(s))
	for i, v := range s {
		list[i] = &append([]byte(v), 0)[0]
	}
	return list
}

func versionText(v uint32) string { return fmt.Sprintf("%d.%d.%d", v>>22&0x7F, v>>12&0x3FF, v&0xFFF) }
