package vk

import (
	"fmt"
	"reflect"
	"runtime"
	"unsafe"

	"github.com/godmae/godmae/vulkan/internal/dl"
)

// libraries are the names of the loader, in the order in which they are tried.
func libraries() []string {
	switch runtime.GOOS {
	case "windows":
		return []string{"vulkan-1.dll"}
	case "darwin":
		return []string{
			"libvulkan.1.dylib", "libvulkan.dylib",
			"/opt/homebrew/lib/libvulkan.1.dylib", "/usr/local/lib/libvulkan.1.dylib",
			"libMoltenVK.dylib", "/opt/homebrew/lib/libMoltenVK.dylib", "/usr/local/lib/libMoltenVK.dylib",
		}
	}
	return []string{"libvulkan.so.1", "libvulkan.so"}
}

// remedy says what to install.
func remedy() string {
	switch runtime.GOOS {
	case "windows":
		return "install the driver of the graphics card's vendor"
	case "darwin":
		return "install MoltenVK, for example with: brew install molten-vk vulkan-loader"
	}
	return "install libvulkan1 (Debian, Ubuntu), vulkan-loader (Fedora) or vulkan-icd-loader (Arch), and a driver such as mesa-vulkan-drivers"
}

// Library is Vulkan's loader.
type Library struct {
	getInstanceProcAddr uintptr
	Global              GlobalCommands
}

// Load finds the loader. The error is one sentence.
func Load() (*Library, error) { return load(libraries()) }

func load(names []string) (*Library, error) {
	var lib uintptr
	var first error
	for _, name := range names {
		h, err := dl.Open(name)
		if err == nil {
			lib = h
			break
		}
		if first == nil {
			first = err
		}
	}
	switch {
	case lib == 0 && first == dl.ErrStatic:
		return nil, fmt.Errorf("the backend vulkan cannot be used: %w", first)
	case lib == 0:
		return nil, fmt.Errorf("the Vulkan loader was not found (%w); %s", first, remedy())
	}
	get, err := dl.Symbol(lib, "vkGetInstanceProcAddr")
	if err != nil {
		return nil, fmt.Errorf("the Vulkan loader is broken (%w); %s", err, remedy())
	}
	l := &Library{getInstanceProcAddr: get}
	if err := fill(&l.Global, get, 0, "EnumerateInstanceVersion"); err != nil {
		return nil, err
	}
	return l, nil
}

// Instance returns the functions of an instance.
func (l *Library) Instance(instance uintptr) (c InstanceCommands, err error) {
	return c, fill(&c, l.getInstanceProcAddr, instance)
}

// Device returns the functions of a device.
func (c *InstanceCommands) Device(device uintptr) (d DeviceCommands, err error) {
	return d, fill(&d, c.GetDeviceProcAddr, device)
}

// fill sets the fields of a table of functions; those in optional may be absent.
func fill(table any, get, handle uintptr, optional ...string) error {
	v := reflect.ValueOf(table).Elem()
next:
	for i := range v.NumField() {
		field := v.Type().Field(i).Name
		name := []byte("vk" + field + "\x00")
		f := dl.Call(get, handle, uintptr(unsafe.Pointer(&name[0])))
		v.Field(i).SetUint(uint64(f))
		if f == 0 {
			for _, o := range optional {
				if o == field {
					continue next
				}
			}
			return fmt.Errorf("the Vulkan driver has no function vk%s, which version 1.2 has; a newer driver is needed", field)
		}
	}
	return nil
}

// String returns the text of a C array.
func String(chars []byte) string {
	for i, c := range chars {
		if c == 0 {
			return string(chars[:i])
		}
	}
	return string(chars)
}
