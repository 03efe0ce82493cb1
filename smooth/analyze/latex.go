package analyze

import (
	"io"
	"strings"
)

// latexEscapes are the characters that mean something to LaTeX, and the two
// that this package prints itself.
var latexEscapes = strings.NewReplacer(
	`\`, `\textbackslash{}`, `&`, `\&`, `%`, `\%`, `$`, `\$`, `#`, `\#`, `_`, `\_`, `{`, `\{`, `}`, `\}`,
	`~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`, `<`, `\textless{}`, `>`, `\textgreater{}`, `|`, `\textbar{}`,
	`±`, `$\pm$`, "\n", " ", "\r", " ", "\t", " ",
)

// latex writes the grid as a tabular with the rules of the package booktabs;
// the best of a column is bold. Text is escaped, so that a run may have any
// name.
func (g grid) latex(w io.Writer) error {
	var b strings.Builder
	b.WriteString("% needs \\usepackage{booktabs}\n\\begin{tabular}{l" + strings.Repeat("r", len(g.head)-1) + "}\n\\toprule\n")
	head := make([]string, len(g.head))
	for i, s := range g.head {
		head[i] = latexEscapes.Replace(s)
		if r, ok := strings.CutPrefix(s, "r = "); ok {
			head[i] = "$r = " + r + "$"
		}
	}
	b.WriteString(strings.Join(head, " & ") + " \\\\\n\\midrule\n")
	for _, row := range g.rows {
		escaped := make([]cell, len(row))
		for i, c := range row {
			escaped[i] = cell{latexEscapes.Replace(c.text), c.best}
		}
		texts := marked(escaped, func(s string) string { return `\textbf{` + s + `}` })
		b.WriteString(strings.Join(texts, " & ") + " \\\\\n")
	}
	b.WriteString("\\bottomrule\n\\end{tabular}\n")
	for _, note := range g.notes {
		b.WriteString("\n{\\footnotesize\\noindent " + latexEscapes.Replace(note) + "\\par}\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
