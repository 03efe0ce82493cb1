package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/vulkan"
	"github.com/klauspost/cpuid/v2"
)

type devicesCmd struct {
	JSON bool `name:"json" help:"Print a JSON object."`
}

func (devicesCmd) Help() string {
	return "DMAE_SIMD=go|avx2|avx512|neon selects one set of kernels; all give the same bits. " +
		vulkan.DeviceVariable + " names the device of --backend vulkan when --device does not.\n\nExample: dmae devices"
}

// device describes a device to a program.
type device struct {
	Backend   string   `json:"backend"`
	Name      string   `json:"name"`
	Threads   int      `json:"threads"`
	Cores     int      `json:"physical_cores,omitempty"`
	ISA       string   `json:"isa"`
	Available []string `json:"available_isas"`
	L1D       int      `json:"l1d_bytes,omitempty"`
	L2        int      `json:"l2_bytes,omitempty"`
	L3        int      `json:"l3_bytes,omitempty"`
	Features  []string `json:"features"`
}

func describeCPU() device {
	return device{
		Backend: "cpu", Name: cpuid.CPU.BrandName,
		Threads: runtime.GOMAXPROCS(0), Cores: max(cpuid.CPU.PhysicalCores, 0),
		ISA: simd.ISA(), Available: simd.Available(),
		L1D: max(cpuid.CPU.Cache.L1D, 0), L2: max(cpuid.CPU.Cache.L2, 0), L3: max(cpuid.CPU.Cache.L3, 0),
		Features: cpuid.CPU.FeatureSet(),
	}
}

// Run lists the devices this program can compute on.
func (c *devicesCmd) Run(e *env) error {
	d := describeCPU()
	if c.JSON {
		return printJSON(e.stdout, struct {
			Devices []device      `json:"devices"`
			Vulkan  vulkanDevices `json:"vulkan"`
		}{[]device{d}, listVulkan()})
	}
	name := d.Name
	if name == "" {
		name = runtime.GOARCH
	}
	if _, err := fmt.Fprintf(e.stdout, "cpu: %s\n  threads   %d\n  kernels   %s (available: %s)\n  caches    L1D %s, L2 %s, L3 %s\n  features  %s\n",
		name, d.Threads, d.ISA, strings.Join(d.Available, ", "), kib(d.L1D), kib(d.L2), kib(d.L3), strings.Join(d.Features, " ")); err != nil {
		return err
	}
	_, err := io.WriteString(e.stdout, listVulkan().text())
	return err
}

// kib prints a cache size.
func kib(bytes int) string {
	switch {
	case bytes <= 0:
		return "unknown"
	case bytes >= 1<<20:
		return fmt.Sprintf("%g MiB", float64(bytes)/(1<<20))
	}
	return fmt.Sprintf("%g KiB", float64(bytes)/(1<<10))
}
