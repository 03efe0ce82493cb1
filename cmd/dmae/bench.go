package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/godmae/godmae/simd"
)

type benchCmd struct {
	Gemm    benchGemmCmd    `cmd:"" help:"Matrix products, relative to the limit of the multiply-add units."`
	Train   benchTrainCmd   `cmd:"" help:"Images per second of pre-training and fine-tuning."`
	Certify benchCertifyCmd `cmd:"" help:"Noisy samples per second of certification."`
}

type benchGemmCmd struct {
	computeFlags
	Shapes []string      `help:"Products to measure, as M x K x N." default:"3200x768x3072,768x788x768,6272x128x384,6400x128x512,1650x64x192" placeholder:"MxKxN,..."`
	Time   time.Duration `help:"Time for each shape." default:"1s" placeholder:"DURATION"`
	JSON   bool          `name:"json" help:"Print a JSON array."`
}

func (benchGemmCmd) Help() string {
	return "The limit is the speed of a loop of multiply-adds on registers only, on all threads, measured alternately with the product.\n\nExample: dmae bench gemm --json"
}

// gemmRow is the speed of one product.
type gemmRow struct {
	M      int     `json:"m"`
	K      int     `json:"k"`
	N      int     `json:"n"`
	GFlops float64 `json:"gflops"`
	Limit  float64 `json:"limit_gflops"`
	Ratio  float64 `json:"ratio"`
}

// Run measures matrix products.
func (c *benchGemmCmd) Run(e *env) error {
	if c.Time <= 0 {
		return misused("--time %v cannot be used: give a positive duration such as 1s", c.Time)
	}
	pool := simd.NewPool(c.threads())
	defer pool.Close()
	var rows []gemmRow
	for _, shape := range c.Shapes {
		m, k, n, err := parseShape(shape)
		if err != nil {
			return err
		}
		if e.ctx.Err() != nil {
			return e.ctx.Err()
		}
		rows = append(rows, measureGemm(pool, m, k, n, c.Time))
	}
	if c.JSON {
		return printJSON(e.stdout, rows)
	}
	fmt.Fprintf(e.stdout, "%s, %d threads\n%6s %6s %6s %10s %10s %6s\n", simd.ISA(), pool.Threads(), "m", "k", "n", "GFLOP/s", "limit", "ratio")
	for _, r := range rows {
		fmt.Fprintf(e.stdout, "%6d %6d %6d %10s %10s %6s\n", r.M, r.K, r.N, figure(r.GFlops), figure(r.Limit), figure(r.Ratio))
	}
	return nil
}

// figure prints a positive measurement with three significant digits, or all
// digits before the decimal point if they are more.
func figure(x float64) string {
	short := strconv.FormatFloat(x, 'e', 2, 64) // rounded first: 9.996 is 10.0
	exponent, err := strconv.Atoi(short[strings.IndexByte(short, 'e')+1:])
	if err != nil { // infinite or NaN
		return short
	}
	return strconv.FormatFloat(x, 'f', max(0, 2-exponent), 64)
}

// parseShape reads "MxKxN".
func parseShape(s string) (m, k, n int, err error) {
	parts := strings.Split(s, "x")
	dims := make([]int, len(parts))
	for i, p := range parts {
		if dims[i], err = strconv.Atoi(strings.TrimSpace(p)); err != nil || dims[i] < 1 || dims[i] > 1<<16 {
			return 0, 0, 0, misused("the shape %q cannot be used: give M x K x N such as 3200x768x3072", s)
		}
	}
	if len(dims) != 3 {
		return 0, 0, 0, misused("the shape %q cannot be used: give M x K x N such as 3200x768x3072", s)
	}
	return dims[0], dims[1], dims[2], nil
}

// measureGemm measures limit and product alternately, so that both run under
// the same load of the machine, and returns the best of each.
func measureGemm(p *simd.Pool, m, k, n int, d time.Duration) gemmRow {
	g := simd.Gemm{
		M: m, N: n, K: k,
		A: ramp(m * k), LDA: k,
		B: ramp(n * k), LDB: k, TransB: true, // a linear layer's weight
		C: make([]float32, m*n), LDC: n,
	}
	r := gemmRow{M: m, K: k, N: n}
	p.Gemm(&g) // allocates the workspaces
	for start := time.Now(); time.Since(start) < d; {
		r.Limit = max(r.Limit, simd.FMALimit(p, 20*time.Millisecond))
		from := time.Now()
		calls := 0
		for time.Since(from) < 60*time.Millisecond || calls == 0 {
			one := time.Now()
			p.Gemm(&g)
			calls++
			r.GFlops = max(r.GFlops, 2*float64(m)*float64(k)*float64(n)/time.Since(one).Seconds()/1e9)
		}
	}
	r.Ratio = r.GFlops / r.Limit
	return r
}

// ramp returns n small numbers that are neither equal nor subnormal.
func ramp(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i%31-15) / 16
	}
	return x
}
