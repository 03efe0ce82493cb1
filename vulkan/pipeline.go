package vulkan

import (
	"fmt"
	"unsafe"

	"github.com/godmae/godmae/vulkan/internal/vk"
	"github.com/godmae/godmae/vulkan/shaders"
)

// pushBytes is the size of the push constants of every pipeline, the most that all
// devices offer.
const pushBytes = 128

// pipelines builds compute pipelines when they are first asked for.
type pipelines struct {
	d      *device
	layout uint64 // the same for all
	exact  bool   // take the modules with exact fused multiply-adds
	byName map[string]uint64
}

func newPipelines(d *device, exact bool) (*pipelines, error) {
	push := &vk.PushConstantRange{StageFlags: vk.ShaderStageComputeBit, Size: pushBytes}
	info := &vk.PipelineLayoutCreateInfo{SType: vk.StructureTypePipelineLayoutCreateInfo, PushConstantRangeCount: 1, PPushConstantRanges: unsafe.Pointer(push)}
	layout, err := d.make("vkCreatePipelineLayout", d.CreatePipelineLayout, unsafe.Pointer(info))
	if err != nil {
		return nil, err
	}
	return &pipelines{d: d, layout: layout, exact: exact, byName: map[string]uint64{}}, nil
}

// get returns the pipeline of the shader of a name.
func (p *pipelines) get(name string) (uint64, error) {
	if h, ok := p.byName[name]; ok {
		return h, nil
	}
	h, err := p.build(name)
	if err != nil {
		return 0, fmt.Errorf("the kernel %s: %w", name, err)
	}
	p.byName[name] = h
	return h, nil
}

func (p *pipelines) build(name string) (uint64, error) {
	code, err := shaders.Module(name, p.exact)
	if err != nil {
		return 0, err
	}
	d := p.d
	info := &vk.ShaderModuleCreateInfo{SType: vk.StructureTypeShaderModuleCreateInfo, CodeSize: uintptr(4 * len(code)), PCode: unsafe.Pointer(&code[0])}
	module, err := d.make("vkCreateShaderModule", d.CreateShaderModule, unsafe.Pointer(info))
	if err != nil {
		return 0, err
	}
	defer d.destroy(d.DestroyShaderModule, module)
	entry := []byte("main\x00")
	create := &vk.ComputePipelineCreateInfo{
		SType: vk.StructureTypeComputePipelineCreateInfo, Layout: p.layout, BasePipelineIndex: -1,
		Stage: vk.PipelineShaderStageCreateInfo{
			SType: vk.StructureTypePipelineShaderStageCreateInfo, Stage: vk.ShaderStageComputeBit, Module: module, PName: unsafe.Pointer(&entry[0]),
		},
	}
	pipeline := new(uint64)
	if err := d.do("vkCreateComputePipelines", d.CreateComputePipelines, d.handle, 0, 1, uintptr(unsafe.Pointer(create)), 0, uintptr(unsafe.Pointer(pipeline))); err != nil {
		return 0, err
	}
	if *pipeline == 0 {
		return 0, fmt.Errorf("the Vulkan device %s built no pipeline and said that it had", d.info.Name)
	}
	d.objects++
	return *pipeline, nil
}

func (p *pipelines) close() {
	for _, h := range p.byName {
		p.d.destroy(p.d.DestroyPipeline, h)
	}
	p.d.destroy(p.d.DestroyPipelineLayout, p.layout)
}
