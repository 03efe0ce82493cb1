package simd

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/philox"
)

// goldenSizes are the sizes in a golden hash.
var goldenSizes = []int{1, 16, 67, 144, 4099}

// goldenInput returns numbers in (-3*scale, 3*scale) that depend only on the
// seed. With special set they include zeros, subnormals, infinities and NaN at
// fixed positions.
func goldenInput(seed uint64, n int, scale float32, special bool) []float32 {
	g := philox.NewGen(philox.Addr{Seed: seed, Stream: philox.FirstUserStream})
	x := make([]float32, n)
	for i := range x {
		x[i] = (g.Float32() - 0.5) * 6 * scale
		if special {
			switch i % 53 {
			case 3:
				x[i] = float32(math.Copysign(0, -1))
			case 17:
				x[i] *= 0x1p-140
			case 29:
				x[i] *= 0x1p100
			case 43:
				x[i] = float32(math.Inf(i%2*2 - 1))
			case 47:
				x[i] = float32(math.NaN())
			}
		}
	}
	return x
}

// goldenHash is the SHA-256 of all outputs of a kernel, little endian, every NaN
// as 0x7FC00000.
func goldenHash(t *testing.T, c kernelCase) string {
	h := sha256.New()
	seed := uint64(1)
	for _, n := range goldenSizes {
		if c.rowKernel() && n > 1000 {
			continue
		}
		for _, special := range []bool{false, true} {
			fill := func(lengths []int) [][]float32 {
				var all [][]float32
				for _, l := range lengths {
					all = append(all, goldenInput(seed, l, c.scale, special))
					seed++
				}
				return all
			}
			for _, out := range c.run(t, n, fill(c.outputs(n)), fill(c.inputs(n)), c.name) {
				for _, b := range bits32(out) {
					require.NoError(t, binary.Write(h, binary.LittleEndian, b))
				}
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// rowKernel reports whether the size of a case is the width of a row, which is
// limited.
func (c kernelCase) rowKernel() bool {
	out := c.outputs(2048)
	return len(out) > 0 && out[0] >= testRows*2048 || &c.testSizes()[0] == &rowSizes[0]
}

// The results of all kernels have the committed hashes, with every instruction
// set of this machine and with plain Go. A changed hash is a change of the
// numerics contract, which needs a new version.
func TestGoldenHashes(t *testing.T) {
	check := func(t *testing.T) {
		for _, c := range kernelCases {
			require.Equal(t, golden[c.name], goldenHash(t, c), "%s on %s", c.name, ISA())
		}
	}
	require.Len(t, golden, len(kernelCases))
	t.Run("go", func(t *testing.T) { onGo(func() { check(t) }) })
	withISA(t, check)
}

// golden holds the committed hash of each case of [kernelCases].
var golden = map[string]string{
	"Add":                         "5180ec8f88666fbe5788592c2232eeb736c431cfb3d1962ffb114a1c5a411787",
	"Sub":                         "fa7fba6de69649f8e2ca02d61560104bbc37e7867a64b70a015c09dac0be9818",
	"Mul":                         "93d7f7d2526d2339d9a8cba57357a5aef26b09ea7d81502b7f9f161157cedf2f",
	"Add in place":                "aa4bbd270e0897552c07389c29855f622d7e628ac014208549d731a84fad4d7c",
	"Scale":                       "cf583adbf0d760cde4764230d6d3c0a30c89dc3b78bf0b69f4c7799ca0cf6853",
	"AddScaled":                   "2b28ff2cc7723ec50f55ee039aec0de6c64cb2ab611f8629ffd30cb579555ed4",
	"Normalize":                   "d18497ff0b745643b76a56d5b9a9394e839c1846dff117fcf4cfabac1c479a3c",
	"Exp":                         "53252c7f1fec7506508cb0a051193a023927926f3a37df0c10daa883404f2c9f",
	"Gelu":                        "b78771396925fd594ca24b78571a6e03a0190a84e7626f4017b2c6661640fefc",
	"GeluGrad":                    "aae0f99e193b00461300e3b37b0e24fef17170519c6e057c2473f66f9f54ec0a",
	"BiasRows":                    "b5d396620c3e80d18f3f279f37679e491c107c91b5be19b80f93643f81f57524",
	"BiasResidualRows":            "eb8c0e21d39c6dfea28c2a4c953f309747ae10224c532c8909aed96648e7cef8",
	"Sum":                         "38e019ca42e20a57733ba93ce1d787160badc0ec05423eec9b903e5dd6d7623a",
	"SumSquares":                  "ac43ce7bb31b3e4a5166125a1fe65e29d74ba5d4af999f10f7c048842ed04850",
	"Dot":                         "22571ff5fd3f93611952c162abc734d4b4bcf464a5bd792a46193196c0886e68",
	"SquaredDiffSum":              "a880de9cedcb0c9e6349c9397f200db8afb4aeb4bfdb23c699e30a166558d8f5",
	"Max":                         "aaf697f8e9c82545a8e6f608d3d189961db40849b61837bbdc41a0a894d58b84",
	"ColumnSum":                   "f7c963e4b15a41ff19e3c65df6fdfe7df9370fffd03914e044c715c8abed5856",
	"SoftmaxRows":                 "790790b0e9123edebed52db208ca91857828f1bf550ee05d0083139fc1991cbf",
	"SoftmaxGradRows":             "46e443efcb9c439ccc9da5a53fce55556c9fec3797e9d214e9bc9c0a1bc155c3",
	"LayerNormRows":               "aa154d07fbe93c624ce683ee20e313765649e948ecbdfcb41a90ea7fa72a955a",
	"LayerNormGradX":              "0f17a86698a2ae826787eb95a0a8e189e694f454dfa79c41e932a4161794318a",
	"LayerNormGradX accumulating": "35652c655ff4f1f28ebdd1d45bf3e0166a2a7e30eeb3d406d1afb3356a441cf1",
	"LayerNormGradParams":         "0b235166b177af5ae4a7497b94c8eee953e15c7a6d39f35678e7571b968fc9aa",
	"AdamWStep":                   "b322a17bb820329c27c306974d6a1859d23b6e83c442e1a98720c465488b29d1",
	"Uniform":                     "27115aff906debfcff2ae6f10be8d425e80c142975713c9d1547c87c4a371139",
	"Gaussian":                    "bb2bb5d9ad84b792908b4e338b98d17bc3904db1f508930dba36576096034e98",
	"AddGaussian":                 "216946fc65ede0b3fa335a5580f4f4846f0594d5980ca29c014438daba69d74d",
}
