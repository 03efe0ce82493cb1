package doccheck

import (
	"path"
	"regexp"
	"strings"
	"unicode"
)

// A page is one Markdown file.
type page struct {
	rel     string
	lines   []string
	anchors map[string]bool // the identifiers of its headings
}

var (
	heading = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*$`)
	// inline matches the markup of a heading that is not part of its identifier.
	inline = regexp.MustCompile("\\[([^\\]]*)\\]\\([^)]*\\)|[`*]")
	link   = regexp.MustCompile(`\]\(([^)\s]+)(?:\s+"[^"]*")?\)`)
)

// readPage splits a page into lines and collects its anchors.
func readPage(rel, text string) *page {
	p := &page{rel: rel, lines: strings.Split(text, "\n"), anchors: map[string]bool{}}
	code := false
	for _, line := range p.lines {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			code = !code
		}
		if h := heading.FindStringSubmatch(line); h != nil && !code {
			p.anchors[slug(h[1])] = true
		}
	}
	return p
}

// slug returns the identifier that GitHub gives a heading: lower case, spaces as
// hyphens, other punctuation dropped.
func slug(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, inline.ReplaceAllString(heading, "$1"))
}

// checkPage checks the links of a page, and the files and tests that it names.
func (m *module) checkPage(p *page) {
	for i, line := range p.lines {
		for _, l := range link.FindAllStringSubmatch(line, -1) {
			m.checkTarget(p, i+1, l[1])
		}
		m.checkMentions(p.rel, i+1, link.ReplaceAllString(line, "]"), nil)
	}
}

// checkTarget checks the target of a link, unless it is a URL.
func (m *module) checkTarget(p *page, line int, target string) {
	if strings.Contains(target, ":") {
		return
	}
	name, anchor, _ := strings.Cut(target, "#")
	to := p.rel
	if name != "" {
		to = path.Join(path.Dir(p.rel), name)
	}
	if !m.files[to] {
		m.report(p.rel, line, "the link %s leads to no file", target)
		return
	}
	if linked := m.pages[to]; linked != nil && anchor != "" && !linked.anchors[anchor] {
		m.report(p.rel, line, "the link %s leads to no heading of %s", target, to)
	}
}
