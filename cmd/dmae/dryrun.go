package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/internal/printable"
)

// curvePoints is the number of points at which a dry run samples the learning
// rate.
const curvePoints = 400

// dryRun describes a run that is not executed.
type dryRun struct {
	Command string       `json:"command"`
	Recipe  string       `json:"recipe,omitempty"`
	Data    string       `json:"data"`
	Model   dmae.Config  `json:"model"`
	Values  train.Recipe `json:"values"`
	Micro   int          `json:"micro_batch"`
	Plan    *train.Plan  `json:"plan"`
}

// standIn returns the recipe whose model and number of images a dry run without
// data or checkpoint uses.
func (f *trainFlags) standIn(command string) (*recipe, error) {
	if f.Recipe == "" {
		return nil, misused("a dry run needs --data, or a --recipe that says how many images there are")
	}
	return findRecipe(command, f.Recipe)
}

// dryEvaluation prints the notes and returns the errors of a run about the
// images to evaluate on; source is nil without --data.
func (f *encoderFlags) dryEvaluation(e *env, source *data.Source, images data.Dataset) error {
	if source == nil {
		return nil
	}
	var o train.Options
	if err := f.evaluation(e, source, &o); err != nil || o.Test == nil {
		return err
	}
	_, note, err := train.MatchEvaluation(images.Classes(), o.Test, f.ClassesByPosition)
	if note != "" {
		e.note(note)
	}
	return err
}

// dry prints the plan of a run; images is nil without --data.
func (f *trainFlags) dry(e *env, command string, model dmae.Config, values train.Recipe, images data.Dataset) error {
	n, name := 0, ""
	if images != nil {
		n, name = images.Len(), images.Name()
	} else {
		r, err := f.standIn(command)
		if err != nil {
			return err
		}
		n, name = r.images, "none given; as many images as the recipe is for"
	}
	plan, err := train.NewPlan(model, values, n, curvePoints)
	if err != nil {
		return err
	}
	d := dryRun{Command: command, Recipe: f.Recipe, Data: name, Model: model, Values: values, Micro: f.BatchSize, Plan: plan}
	curve := f.LRCurve
	if curve == "" && f.Out != "" {
		curve = filepath.Join(f.Out, "lr.png")
	}
	if curve != "" {
		if err := drawRates(curve, plan.Curve); err != nil {
			return err
		}
	}
	if f.JSON {
		return printJSON(e.stdout, d)
	}
	if err := d.print(e.stdout); err != nil {
		return err
	}
	if curve != "" {
		fmt.Fprintf(e.stdout, "\nlearning rates drawn in %s\n", printable.Text(curve))
	}
	return nil
}

// print writes the plan as text.
func (d *dryRun) print(w io.Writer) error {
	heading := func(s string) { fmt.Fprintf(w, "\n%s\n", s) }
	fmt.Fprintf(w, "%s, a dry run: nothing is trained\n", d.Command)
	heading("configuration")
	values := [][2]string{{"data", d.Data}}
	if d.Recipe != "" {
		values = append(values, [2]string{"recipe from", d.Recipe})
	}
	more, err := pairs(d.Values)
	if err != nil {
		return err
	}
	values = append(values, more...)
	values = append(values, [2]string{"micro-batch", fmt.Sprint(d.Micro)})
	if more, err = pairs(d.Model); err != nil {
		return err
	}
	for _, m := range more {
		values = append(values, [2]string{"model " + m[0], m[1]})
	}
	for _, v := range values {
		fmt.Fprintf(w, "  %-22s %s\n", v[0], printable.Text(v[1]))
	}
	p := d.Plan
	heading("parameter groups")
	fmt.Fprintf(w, "  %12s %12s %8s %12s  %s\n", "lr scale", "decay", "tensors", "values", "from .. to")
	for _, g := range p.Groups {
		fmt.Fprintf(w, "  %12.6g %12g %8d %12d  %s .. %s\n", g.LRScale, g.WeightDecay, g.Tensors, g.Values, g.First, g.Last)
	}
	fmt.Fprintf(w, "  %d parameters are trained\n", p.Parameters)
	heading("steps")
	fmt.Fprintf(w, "  %d images, %d steps per epoch (%d images left out of each), %d steps in total, %d of them warm-up\n", p.Images, p.StepsPerEpoch, p.LeftOut, p.Steps, p.WarmupSteps)
	heading("learning rate")
	for _, line := range sketch(p.Curve, 64, 10) {
		fmt.Fprintf(w, "  %s\n", line)
	}
	return nil
}

// pairs lists the fields of a struct, by their names in JSON and in their order.
func pairs(v any) ([][2]string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	var out [][2]string
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		out = append(out, [2]string{fmt.Sprint(key), string(value)})
	}
	return out, nil
}
