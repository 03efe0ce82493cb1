package vulkan

import (
	"fmt"
	"os"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/vulkan/internal/vk"
)

// Name is what the backend calls itself.
const Name = "vulkan"

// DeviceVariable is the environment variable that names the device when
// [Options.Device] does not.
const DeviceVariable = "DMAE_VULKAN_DEVICE"

// Options configure a backend.
type Options struct {
	// Device is a part of the name of the device or of its driver, in any case, such as
	// "geforce" or "llvmpipe". Empty stands for what the environment variable
	// [DeviceVariable] says, and without it for the first graphics card.
	Device string

	// Memory is the most bytes that may be taken on the device; 0 for what it has.
	// Memory is taken in blocks, so that tensors of fewer bytes reach the limit.
	Memory int64

	// ExactFMA emulates fused multiply-adds in float64, so that they round once on a
	// device that has float64 but does not fuse. It is slow.
	ExactFMA bool

	fault func(call string) vk.Result // in tests
	log   bool                        // in tests: keep the commands and barriers
}

func init() {
	ops.Register(ops.BackendKind{
		Name: Name, Help: "a graphics card, through Vulkan, float32", Devices: true,
		Open: func(o ops.OpenOptions) (ops.Backend, error) {
			b, err := Open(Options{Device: o.Device})
			if err != nil {
				return nil, err
			}
			return b, nil
		},
	})
}

// Open opens a device. The error is one sentence that says what is missing and what
// to do.
func Open(o Options) (*Backend, error) {
	if o.Device == "" {
		o.Device = os.Getenv(DeviceVariable)
	}
	i, err := newInstance()
	if err != nil {
		return nil, err
	}
	b, err := i.start(o)
	if err != nil {
		i.close()
		return nil, err
	}
	return b, nil
}

func (i *instance) start(o Options) (*Backend, error) {
	list, err := i.devices()
	if err != nil {
		return nil, err
	}
	info, err := choose(list, o.Device)
	if err != nil {
		return nil, err
	}
	if o.ExactFMA && !info.Float64 {
		return nil, fmt.Errorf("exact fused multiply-adds need float64 and the Vulkan device %s lacks it", info.Name)
	}
	d, err := i.open(*info, o.fault)
	if err != nil {
		return nil, err
	}
	b := &Backend{
		d: d, memory: &memory{d: d, limit: uint64(max(o.Memory, 0))}, fetches: map[ops.Ticket]*fetch{},
		taps: map[[2]int]taps{}, noise: map[*pixelnoise.Gaussian]noiseTables{},
	}
	if b.recorder, err = newRecorder(d); err == nil {
		b.recorder.logging = o.log
		b.pipelines, err = newPipelines(d, o.ExactFMA)
	}
	if err != nil {
		b.destroy()
		return nil, err
	}
	b.staging = &staging{m: b.memory, r: b.recorder}
	return b, nil
}
