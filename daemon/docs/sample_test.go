package docs

import (
	"regexp"
	"strings"
)

// A sample is compared with the output by line, with these liberties:
//
//   - "…" stands for any text in a line, and alone in a line for any lines.
//   - A number stands for any number, with any of the units of a duration or size.
//   - Eight or more hexadecimal digits stand for any such digits, as in IDs.
//   - Any space stands for any other, because columns are as wide as their content.
//
// Everything else is compared by letter, and no line of the output may be missing.
var liberty = regexp.MustCompile(`…|\s+|[0-9a-f]{8,}|\d[\d,.:]*(?:` + units + `\b)?`)

const units = `(?:ns|µs|ms|s|m|h|d|B|KiB|MiB|GiB|kB|MB|GB)`

// sampleOf returns the pattern of a sample.
func sampleOf(sample string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`^`)
	for line := range strings.Lines(strings.TrimRight(sample, "\n") + "\n") {
		line = strings.TrimSpace(line)
		if line == "…" {
			b.WriteString(`(?:.*\n)*?`)
			continue
		}
		b.WriteString(`[ \t]*` + pattern(line) + `[ \t]*\n`)
	}
	b.WriteString(`$`)
	return regexp.MustCompile(b.String())
}

// pattern returns the pattern of a line.
func pattern(line string) string {
	var b strings.Builder
	at := 0
	for _, m := range liberty.FindAllStringIndex(line, -1) {
		b.WriteString(regexp.QuoteMeta(line[at:m[0]]))
		switch token := line[m[0]:m[1]]; {
		case token == "…":
			b.WriteString(`.*?`)
		case strings.TrimSpace(token) == "":
			b.WriteString(`[ \t]+`)
		case hexadecimal.MatchString(token):
			b.WriteString(`[0-9a-f]{8,}`)
		default:
			b.WriteString(`\d[\d,.:]*` + units + `?`)
		}
		at = m[1]
	}
	b.WriteString(regexp.QuoteMeta(line[at:]))
	return b.String()
}

var hexadecimal = regexp.MustCompile(`^[0-9a-f]{8,}$`)

// matches reports whether the output is like the sample.
func matches(sample, output string) bool {
	return sampleOf(sample).MatchString(strings.TrimRight(output, "\n") + "\n")
}
