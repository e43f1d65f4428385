package syntax

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

var (
	yamlLine = regexp.MustCompile(`^\s*(?:- .*|-|---.*|[A-Za-z_"'][\w ."'/-]*:(?:\s.*)?)$`)
	xmlLine  = regexp.MustCompile(`^\s*<[?!A-Za-z/][^<]*>`)
	tomlLine = regexp.MustCompile(`^\s*\[\[?[\w."-]+\]\]?\s*(?:#.*)?$`)

	shellLine      = regexp.MustCompile(`^\s*(?:export|declare|set -)\s*\w+(?:=|\s*$)`)
	nagiosBlock    = regexp.MustCompile(`(?m)^\s*define\s+[a-z]+\s*\{`)
	conflictMarker = regexp.MustCompile(`^(?:<{7} |={7}$|>{7} |\|{7} )`)
)

const hclExample = `write it in HCL: integration "web" { … } with probe = core.http in it; "vega init" writes an example, and "vega docs config" describes everything`

// lookBack is how far before an error otherFormat searches, in bytes.
const lookBack = 2048

// otherFormat recognizes files that are not HCL, by the line of an error.
func otherFormat(l lineAt, _ string) *mistake {
	if conflictMarker.MatchString(l.text) {
		return &mistake{
			detail: "This is a conflict marker of a version control system: the file has two versions of the same lines.",
			fix:    "keep one of them, and remove the lines with the markers", foreign: true, last: true,
		}
	}
	if strings.HasPrefix(strings.TrimSpace(l.text), "```") {
		return &mistake{detail: "This line is from a Markdown document.", fix: "remove it", foreign: true}
	}
	format, fix := "", hclExample
	switch {
	case shellLine.MatchString(l.text):
		format = "a shell script"
	case xmlLine.MatchString(l.text):
		format = "XML or HTML"
	case isNagios(l.file.Text[max(0, l.start-lookBack) : l.start+len(l.text)]):
		format = "the configuration of Nagios"
	case tomlLine.MatchString(l.text):
		format = "TOML"
	case strings.HasPrefix(strings.TrimSpace(l.text), "{") && isHead(l.lineBefore()):
		return &mistake{} // reported at the line before
	case strings.HasPrefix(strings.TrimSpace(l.text), "{") || strings.HasPrefix(strings.TrimSpace(l.text), "["):
		format = "JSON"
	case yamlLine.MatchString(l.text):
		format = "YAML"
		if blank := len(l.text) - len(strings.TrimLeft(l.text, " \t")); blank > 0 && !strings.HasPrefix(strings.TrimSpace(l.text), "-") {
			fix = "use NAME = VALUE for an attribute, and NAME { … } for a block; or " + fix
		}
	default:
		return nil
	}
	return &mistake{detail: fmt.Sprintf("This looks like %s, but vega is configured in HCL.", format), fix: fix, foreign: true}
}

// isNagios reports whether a block of Nagios begins in a text. Most texts do not
// even have the word, which is faster to find.
func isNagios(text []byte) bool {
	return bytes.Contains(text, []byte("define")) && nagiosBlock.Match(text)
}

// isHead reports whether a line is the head of a block without its brace.
func isHead(line string) bool { return bareHead.MatchString(line) }

var bareHead = regexp.MustCompile(`^\s*[A-Za-z_][\w-]*(?:\s+"[^"]*")*\s*$`)
