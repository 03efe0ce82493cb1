package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/godmae/godmae/internal/printable"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitMisuse = 2
)

// cli is the command line: one field per subcommand.
type cli struct {
	Quickstart  quickstartCmd  `cmd:"" help:"Pre-train, fine-tune and certify on embedded images; no download."`
	Pretrain    pretrainCmd    `cmd:"" help:"Pre-train a denoising masked autoencoder on unlabelled images."`
	Finetune    finetuneCmd    `cmd:"" help:"Train a classifier under Gaussian noise, from an autoencoder's encoder or from scratch."`
	Linprobe    linprobeCmd    `cmd:"" help:"Train a linear classifier on the features of a frozen encoder, under Gaussian noise."`
	Eval        evalCmd        `cmd:"" help:"Measure a classifier's accuracy, clean and under noise."`
	Certify     certifyCmd     `cmd:"" help:"Certify images by randomised smoothing: class and radius, one line each."`
	Predict     predictCmd     `cmd:"" help:"Smoothed prediction of image files; no labels needed."`
	Merge       mergeCmd       `cmd:"" help:"Merge the shards of a certification."`
	Audit       auditCmd       `cmd:"" help:"Check certificates: the arithmetic, or also the predictions."`
	Analyze     analyzeCmd     `cmd:"" help:"Make certified-accuracy tables and curves from certificates."`
	Explain     explainCmd     `cmd:"" help:"Explain the certificate of one image on an HTML page, with attacks inside and outside the radius."`
	Reconstruct reconstructCmd `cmd:"" help:"Draw originals, corrupted images and their reconstructions."`
	Gradcheck   gradcheckCmd   `cmd:"" help:"Check every derivative against finite differences."`
	Inspect     inspectCmd     `cmd:"" help:"List the contents of a checkpoint."`
	Convert     convertCmd     `cmd:"" help:"Convert checkpoints between safetensors and PyTorch."`
	Devices     devicesCmd     `cmd:"" help:"Show the processor with its instruction sets, and the graphics cards."`
	Bench       benchCmd       `cmd:"" help:"Measure speed: gemm, train, certify."`
	Version     versionCmd     `cmd:"" help:"Show the version and the capabilities of this binary."`
}

// env has the arguments, streams and context of a command.
type env struct {
	ctx    context.Context
	stdout io.Writer
	stderr io.Writer
	args   []string // the command line, without the program
}

// note prints a message that is not an error on standard error.
func (e *env) note(message string) { fmt.Fprintf(e.stderr, "dmae: %s\n", printable.Line(message)) }

// misuse is an error of the command line itself: exit code 2.
type misuse struct{ error }

func misused(format string, args ...any) error { return misuse{fmt.Errorf(format, args...)} }

// exited is the panic value by which kong's exit (after --help) reaches run.
type exited int

func main() {
	// The first Ctrl-C makes the command save and end; the second one kills it.
	ctx, stop := signal.NotifyContext(hangUp(context.Background()), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// hangUp returns a context that also ends when the terminal is closed or the
// connection to it is lost (SIGHUP), unless the program was started to ignore
// that, as by nohup. Both the shell and the system may send the signal, so a
// second one does not kill.
func hangUp(parent context.Context) context.Context {
	if signal.Ignored(syscall.SIGHUP) {
		return parent
	}
	ctx, cancel := context.WithCancel(parent)
	hung := make(chan os.Signal, 1)
	signal.Notify(hung, syscall.SIGHUP)
	go func() {
		<-hung
		cancel()
	}()
	return ctx
}

// run executes a command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	out := &sink{name: "standard output", to: stdout, text: true}
	errs := &sink{name: "standard error", to: stderr}
	return settle(execute(ctx, args, out, errs), out, errs)
}

// execute is run without the check that all output was written.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exited:
			code = int(r)
		default:
			code = exitFailed
			fmt.Fprintf(stderr, "dmae: internal error: %s (this is a defect of the program; DMAE_DEBUG=1 shows where)\n", printable.Line(fmt.Sprint(r)))
			if os.Getenv("DMAE_DEBUG") == "1" {
				fmt.Fprintf(stderr, "%s", debug.Stack())
			}
		}
	}()
	if err := simd.Err(); err != nil {
		fmt.Fprintf(stderr, "dmae: %s\n", printable.Line(err.Error()))
		return exitMisuse
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	var c cli
	parser, err := kong.New(&c,
		kong.Name("dmae"),
		kong.Description("Denoising masked autoencoders and certified robustness, in pure Go.\n\nNoise levels (sigma) and radii are always in units of pixels scaled to [0,1]."),
		kong.Writers(stdout, stderr),
		flagDefaults,
		kong.Resolvers(kong.ResolverFunc(resolveRecipe)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.ValueFormatter(helpText),
		kong.Exit(func(code int) { panic(exited(code)) }),
	)
	if err != nil {
		panic(err) // a mistake in the struct tags above
	}
	parsed, err := parser.Parse(negativeNumbers(helpArgs(args)))
	if errors.Is(err, errUnwritten) {
		return exitFailed // of the help text; run reports the error
	}
	if err != nil {
		help := "dmae --help"
		var perr *kong.ParseError
		if errors.As(err, &perr) && perr.Context != nil && perr.Context.Selected() != nil {
			help = "dmae " + perr.Context.Selected().Path() + " --help"
			help = strings.Replace(help, "dmae dmae ", "dmae ", 1)
		}
		text := strings.ReplaceAll(err.Error(), "expected value value", "expected a value") // of a flag of another type than Go's
		fmt.Fprintf(stderr, "dmae: %s; see %s\n", printable.Line(text), help)
		return exitMisuse
	}
	err = parsed.Run(&env{ctx: ctx, stdout: stdout, stderr: stderr, args: args})
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errUnwritten):
		return exitFailed // run reports the error
	case errors.As(err, new(misuse)):
		code = exitMisuse
	default:
		code = exitFailed
	}
	text := err.Error()
	if text == context.Canceled.Error() { // of a command that has nothing to save
		text = "interrupted"
	}
	text = strings.TrimPrefix(text, "train: ") // the package name is not useful to the user of a training command
	if errors.As(err, new(*ops.MemoryError)) {
		text += memoryRemedy(parsed.Selected())
	}
	fmt.Fprintf(stderr, "dmae: %s\n", printable.Line(text))
	return code
}

// memoryRemedy returns what a user of a command can do if the memory of the device is
// full; "" for training commands, whose errors say it.
func memoryRemedy(command *kong.Node) string {
	has := func(name string) bool {
		return slices.ContainsFunc(command.Flags, func(f *kong.Flag) bool { return f.Name == name })
	}
	switch {
	case has("accum-iter"):
		return ""
	case has("batch"):
		return "; use a smaller --batch, which gives the same result"
	case has("batch-size"):
		return "; use a smaller --batch-size, which gives the same result"
	}
	return "; use a smaller model or another --backend"
}

// helpArgs translates "help" and "help COMMAND" to --help for the parser.
func helpArgs(args []string) []string {
	if args[0] != "help" {
		return args
	}
	return append(slices.Clone(args[1:]), "--help")
}

// negativeNumbers joins a negative number to the flag before it, as in
// --picture-every -1: the parser would parse it as another flag.
func negativeNumbers(args []string) []string {
	var out []string
	for i, arg := range args {
		if arg == "--" {
			return append(out, args[i:]...)
		}
		if n := len(out); n > 0 && strings.HasPrefix(out[n-1], "--") && !strings.Contains(out[n-1], "=") && negativeNumber.MatchString(arg) {
			out[n-1] += "=" + arg
			continue
		}
		out = append(out, arg)
	}
	return out
}

// negativeNumber matches the beginning of a negative number, or of a list of
// numbers.
var negativeNumber = regexp.MustCompile(`^-(\d|\.\d|(?i:inf))`)

// helpText is the help of a flag with its default. The parser prints a default
// only instead of the placeholder, and most flags have a placeholder.
func helpText(v *kong.Value) string {
	text := kong.DefaultHelpValueFormatter(v)
	if v.Flag == nil || v.Flag.PlaceHolder == "" && !v.IsBool() || v.Default == "" || strings.Contains(text, "(default") {
		return text
	}
	shown := v.Default
	switch {
	case v.IsBool() && shown == "true":
		shown = "on"
	case v.IsBool():
		return text
	}
	rest, stop := strings.CutSuffix(text, ".")
	text = rest + " (default: " + shown + ")"
	if stop {
		text += "."
	}
	return text
}
