package analyze

import (
	"io"
	"strings"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/printable"
)

// latexEscapes escapes characters that are special in LaTeX or that it prints
// differently. For example, a bracket or a star after the end of a row is its
// argument, and two hyphens are a dash. It also has the non-Latin characters
// that are likely here. Letters of other scripts are not changed: pdflatex
// refuses them; xelatex and lualatex print them if the font has them.
var latexEscapes = strings.NewReplacer(
	`\`, `\textbackslash{}`, `&`, `\&`, `%`, `\%`, `$`, `\$`, `#`, `\#`, `_`, `\_`, `{`, `\{`, `}`, `\}`,
	`~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`, `<`, `\textless{}`, `>`, `\textgreater{}`, `|`, `\textbar{}`,
	`[`, `{[}`, `]`, `{]}`, `*`, `{*}`, `--`, `-{}-{}`, "``", "`{}`{}", `''`, `'{}'{}`, "?`", "?{}`", "!`", "!{}`", `"`, `\char34{}`,
	`±`, `$\pm$`, `≤`, `$\leq$`, `≥`, `$\geq$`, `×`, `$\times$`, `→`, `$\to$`, `∞`, `$\infty$`,
	`α`, `$\alpha$`, `β`, `$\beta$`, `γ`, `$\gamma$`, `δ`, `$\delta$`, `ε`, `$\varepsilon$`, `η`, `$\eta$`, `θ`, `$\theta$`,
	`κ`, `$\kappa$`, `λ`, `$\lambda$`, `μ`, `$\mu$`, `µ`, `$\mu$`, `ν`, `$\nu$`, `π`, `$\pi$`, `ρ`, `$\rho$`, `σ`, `$\sigma$`,
	`τ`, `$\tau$`, `φ`, `$\varphi$`, `χ`, `$\chi$`, `ψ`, `$\psi$`, `ω`, `$\omega$`, `Φ`, `$\Phi$`, `Δ`, `$\Delta$`, `Σ`, `$\Sigma$`, `Ω`, `$\Omega$`,
)

// latexText returns text that LaTeX prints unchanged. Characters that no font
// has are escaped as in Go.
func latexText(s string) string { return latexEscapes.Replace(printable.Text(s)) }

// latexCell is latexText for a cell, with numbers and radii in math mode.
func latexCell(s string) string {
	if r, ok := strings.CutPrefix(s, "r = "); ok && isNumber(r) {
		return "$r = " + r + "$"
	}
	if rest, ok := strings.CutPrefix(s, "-"); ok && rest != "" && '0' <= rest[0] && rest[0] <= '9' {
		return "$-$" + latexText(rest)
	}
	return latexText(s)
}

func isNumber(s string) bool {
	_, err := decimal.Parse(s)
	return err == nil
}

// latex writes the grid as a tabular with the rules of the package booktabs;
// the best of a column is bold. Text is escaped, so that a run may have any
// name.
func (g grid) latex(w io.Writer) error {
	var b strings.Builder
	b.WriteString("% needs \\usepackage{booktabs}\n\\begin{tabular}{l" + strings.Repeat("r", len(g.head)-1) + "}\n\\toprule\n")
	head := make([]string, len(g.head))
	for i, s := range g.head {
		head[i] = latexCell(s)
	}
	b.WriteString(strings.Join(head, " & ") + " \\\\\n\\midrule\n")
	for _, row := range g.rows {
		escaped := make([]cell, len(row))
		for i, c := range row {
			escaped[i] = cell{latexCell(c.text), c.best}
		}
		texts := marked(escaped, func(s string) string { return `\textbf{` + s + `}` })
		b.WriteString(strings.Join(texts, " & ") + " \\\\\n")
	}
	b.WriteString("\\bottomrule\n\\end{tabular}\n")
	for _, note := range g.notes {
		b.WriteString("\n{\\footnotesize\\noindent " + latexText(note) + "\\par}\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
