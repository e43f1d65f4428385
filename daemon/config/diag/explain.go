package diag

import (
	"embed"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// An explanation is a file explain/CODE.md: what the code means, then the
// sections Why, How to fix it, Wrong and Right. TestExplanations runs its
// examples and documents their format.
//
//go:embed explain/*.md
var explainFiles embed.FS

var explanations = sync.OnceValue(func() map[Code]Explanation {
	all := map[Code]Explanation{}
	for _, c := range Codes {
		text, err := explainFiles.ReadFile("explain/" + string(c.Code) + ".md")
		if err != nil { // a test prevents this
			panic(err)
		}
		all[c.Code] = Explanation{c.Code, c.Title, string(text)}
	}
	return all
})

// Explanation is the explanation of a code.
type Explanation struct {
	Code     Code
	Title    string
	Markdown string // without a heading
}

// Explain returns the explanation of one of Codes.
func Explain(c Code) Explanation { return explanations()[c] }

// Summary returns the first paragraph, in one line.
func (e Explanation) Summary() string {
	first, _, _ := strings.Cut(e.Markdown, "\n\n")
	return strings.ReplaceAll(strings.TrimSpace(first), "\n", " ")
}

// Plain returns the explanation as plain text.
func (e Explanation) Plain() string {
	var b strings.Builder
	e.lines(func(heading bool, line string) { fmt.Fprintln(&b, line) })
	return strings.TrimSpace(b.String())
}

// WriteText writes the explanation for a person at a terminal.
func (e Explanation) WriteText(w io.Writer, color bool) error {
	t := NewPrinter(nil, color)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", t.Bold(string(e.Code)+": "+e.Title))
	e.lines(func(heading bool, line string) {
		if heading {
			line = t.Bold(line)
		}
		fmt.Fprintln(&b, line)
	})
	_, err := io.WriteString(w, b.String())
	return err
}

// lines yields the text line by line: headings bare, examples indented, and each
// file of an example after its name.
func (e Explanation) lines(yield func(heading bool, line string)) {
	code := false
	for line := range strings.Lines(e.Markdown) {
		line = Clean(strings.TrimRight(line, "\n"))
		heading, isHeading := strings.CutPrefix(line, "## ")
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence:
			code = !code
			if name := fenceFile(fence); name != "" {
				yield(false, "    "+name+":")
			}
		case code && line != "":
			yield(false, "    "+line)
		case !code && isHeading:
			yield(true, heading)
		default:
			yield(false, line)
		}
	}
}

// fenceFile returns the file that the words after ``` name, as in hcl
// policies/a.hcl.
func fenceFile(fence string) string {
	_, name, _ := strings.Cut(strings.TrimSpace(fence), " ")
	return name
}

// UnknownCodeError reports a code that does not exist.
type UnknownCodeError struct {
	Written string
	Near    Code // a suggestion, or ""
	Unused  bool // Written is a number, in the form of a code
}

// Error suggests Near.
func (e *UnknownCodeError) Error() string {
	text := fmt.Sprintf("there is no code %q", Clip(e.Written))
	if e.Unused {
		text = fmt.Sprintf("no mistake has the code %s: this version of vega reports none with that number", e.Written)
	}
	if e.Near != "" {
		text += fmt.Sprintf("; did you mean %s, %s?", e.Near, e.Near.Title())
	}
	return text
}

// FindCode finds a code written as VEGA012, vega12, 012 or 12, or by its title.
func FindCode(written string) (Code, error) {
	name := strings.ToLower(strings.Trim(written, " \t[](),:;."))
	n, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimPrefix(name, "vega"), "-"), 10, 16)
	isNumber := err == nil
	if isNumber {
		name = fmt.Sprintf("vega%03d", n)
	}
	known := map[string]Code{}
	var names []string
	for _, c := range Codes {
		id := strings.ToLower(string(c.Code))
		title := strings.ToLower(c.Title)
		known[id], known[title] = c.Code, c.Code
		names = append(names, id, title)
	}
	if c, ok := known[name]; ok {
		return c, nil
	}
	if isNumber { // a similar number means something else
		return "", &UnknownCodeError{Written: strings.ToUpper(name), Unused: true}
	}
	return "", &UnknownCodeError{Written: written, Near: known[Nearest(name, names)]}
}
