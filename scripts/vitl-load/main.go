//go:build linux

// Command vitl-load measures the CPU time and peak memory of loading a large
// checkpoint.
//
//	go run ./scripts/vitl-load write FILE.pth     writes the checkpoint, with random weights
//	go run ./scripts/vitl-load load FILE.pth      loads it in this process and reports
//
// The checkpoint has the names and shapes of dmae_vit_large_patch16, encoder and
// decoder, in float32, in PyTorch's zip format. Build the command before
// measuring with /usr/bin/time, which would count go run.
package main

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/philox"
)

func main() {
	if len(os.Args) != 3 || os.Args[1] != "write" && os.Args[1] != "load" {
		fmt.Fprintln(os.Stderr, "usage: vitl-load write|load FILE.pth")
		os.Exit(2)
	}
	run := write
	if os.Args[1] == "load" {
		run = load
	}
	if err := run(os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "vitl-load:", err)
		os.Exit(1)
	}
}

// write saves random weights in the format of the official training code.
func write(path string) error {
	cfg, err := dmae.Preset("dmae_vit_large_patch16")
	if err != nil {
		return err
	}
	model := &pickle.Dict{Ordered: true}
	for i, s := range dmae.Specs(dmae.KindAutoencoder, &cfg) {
		v := make([]float32, s.Shape.Elems())
		s.Init(philox.NewGen(philox.Addr{Stream: philox.Init, A: uint32(i)}), v)
		model.MustSet(s.Name, checkpoint.Float32s(s.Name, s.Shape.Dims(), v))
	}
	args := (&pickle.Dict{}).MustSet("model", cfg.Name)
	return checkpoint.WriteTorch(path, (&pickle.Dict{}).MustSet("model", model).MustSet("args", args))
}

// load makes the model that the file holds.
func load(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	b := cpu.New(cpu.Options{Threads: 1})
	defer b.Close()
	start := time.Now()
	m, err := dmae.LoadAutoencoder(b, path)
	if err != nil {
		return err
	}
	wall := time.Since(start)
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return err
	}
	cpuTime := time.Duration(u.Utime.Nano() + u.Stime.Nano())
	peak := u.Maxrss << 10 // Linux counts in KiB
	fmt.Printf("%s: %d trained parameters, file %.3f GB, %.2f s of CPU time (%.2f s elapsed), peak memory %.3f GB = %.2f x the file\n",
		m.Config.Name, m.Params.Count(), float64(info.Size())/1e9, cpuTime.Seconds(), wall.Seconds(), float64(peak)/1e9, float64(peak)/float64(info.Size()))
	return nil
}
