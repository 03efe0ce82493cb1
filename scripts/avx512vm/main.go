//go:build linux

// Command avx512vm is process 1 of the small Linux guest in which
// scripts/test-avx512.sh runs test binaries. It runs the jobs listed in /jobs
// one after the other, reports on the serial port and turns the machine off.
//
// Each line of /jobs has tab-separated fields: name, working directory, binary,
// arguments. /env has one NAME=value per line. The reader on the other side of
// the serial port interprets only lines that begin with "@@": "@@BEGIN" when
// the guest is up, "@@JOB name", "@@DONE name status", and at last "@@EXIT n"
// with n the number of jobs that failed.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

func main() {
	for _, m := range [][3]string{{"proc", "/proc", "proc"}, {"sysfs", "/sys", "sysfs"}, {"dev", "/dev", "devtmpfs"}} {
		if err := syscall.Mount(m[0], m[1], m[2], 0, ""); err != nil {
			fmt.Printf("mounting %s: %v\n", m[1], err)
		}
	}
	out, err := os.OpenFile("/dev/ttyS0", os.O_RDWR, 0)
	if err != nil {
		fmt.Printf("opening the serial port: %v\n", err)
		out = os.Stdout
	}
	fmt.Fprintf(out, "\n@@BEGIN\n")
	fmt.Fprintf(out, "@@EXIT %d\n", runJobs(out))
	time.Sleep(100 * time.Millisecond) // until the port has sent everything
	if err := syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
		fmt.Fprintf(out, "turning off: %v\n", err)
	}
	select {}
}

// runJobs runs every line of /jobs and returns the number of failures, at least
// 1 if there was nothing to run.
func runJobs(out io.Writer) (failed int) {
	jobs, err := os.ReadFile("/jobs")
	if err != nil || len(jobs) == 0 {
		fmt.Fprintf(out, "reading /jobs: %d bytes, %v\n", len(jobs), err)
		return 1
	}
	env, err := os.ReadFile("/env")
	if err != nil {
		fmt.Fprintf(out, "reading /env: %v\n", err)
		return 1
	}
	for line := range strings.Lines(string(jobs)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) < 3 {
			fmt.Fprintf(out, "job %q has %d fields, want at least 3\n", line, len(f))
			failed++
			continue
		}
		fmt.Fprintf(out, "@@JOB %s\n", f[0])
		cmd := exec.Command(f[2], f[3:]...)
		cmd.Dir = f[1]
		cmd.Env = strings.Fields(string(env))
		cmd.Stdout, cmd.Stderr = out, out
		status := "ok"
		if err := cmd.Run(); err != nil {
			status = err.Error()
			failed++
		}
		fmt.Fprintf(out, "@@DONE %s %s\n", f[0], status)
	}
	return failed
}
