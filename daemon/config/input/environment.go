package input

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"unicode/utf8"

	"vega/daemon/config/diag"
)

// EnvFile is the name of the file with variables next to a configuration. It is
// written like an EnvironmentFile of systemd. What systemd and other programs read
// differently is an error.
const EnvFile = "vega.env"

// envOrder is the order of the file of variables, which comes between the
// configuration files and those of targets.
const envOrder = dataOrder - 1

// environment is the file of variables.
type environment struct {
	path   string // absolute; the file need not exist
	src    *diag.Source
	err    error               // why it could not be read; nil if it does not exist
	values map[string]variable // by name
}

type variable struct {
	text string
	at   diag.Place
}

// readEnvironment reads the file of variables next to the configuration at a path.
// A file that can't be read is an error, and not one without variables.
func (s *Set) readEnvironment(path string, out *diag.Collector) {
	src := &diag.Source{Name: filepath.Join(filepath.Dir(path), EnvFile), Dir: s.Dir(), Order: envOrder, Secret: true}
	s.env = environment{path: filepath.Join(s.Dir(), EnvFile), src: src}
	text, err := ReadRegular(s.env.path, MaxContent)
	s.Note(err)
	at := src.Span(0, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR): // so vega.hcl can't be read
		return
	case errors.Is(err, ErrLarge):
		out.Err(diag.TooMuch, at, fmt.Sprintf("The file is larger than %d KiB.", MaxContent>>10), "keep only variables in it, and read large values with file()")
	case err != nil && !closed(s.Dir()): // for the other, the file of the configuration has the error
		out.Err(diag.Unreadable, at, "The file cannot be read: "+Reason(err).Error()+".", Remedy(s.env.path, err))
	}
	src.Text, s.env.err = text, err
	if err == nil {
		s.env.values = parseEnvironment(src, out)
	}
}

// Environment returns the file of variables, and nil if it does not exist or can't
// be read.
func (s *Set) Environment() *diag.Source {
	if s.env.src == nil || s.env.src.Text == nil {
		return nil
	}
	return s.env.src
}

var validVariable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// parseEnvironment returns the variables in a file, and reports its mistakes. No
// message contains text of the file, because any of it may be a secret.
func parseEnvironment(src *diag.Source, out *diag.Collector) map[string]variable {
	values := map[string]variable{}
	for i := range src.Lines() {
		line := bytes.Trim(src.Line(i), " \t\r")
		if len(line) == 0 || line[0] == '#' || line[0] == ';' {
			continue
		}
		start := src.LineStart(i)
		at := src.Span(start, start)
		name, text, what, fix := parseLine(string(line))
		known, again := values[name]
		switch {
		case what != "":
			out.Err(diag.BadVariable, at, what, fix)
		case again:
			out.Err(diag.BadVariable, at, fmt.Sprintf("This variable is set already (%s).", known.at), "remove one of the two lines")
		default:
			values[name] = variable{text, at}
		}
	}
	return values
}

// parseLine parses a line NAME=value, or says what is wrong and what to do.
func parseLine(line string) (name, text, what, fix string) {
	if !utf8.ValidString(line) || strings.ContainsRune(line, 0) {
		return "", "", "This line is not UTF-8 text.", "write it again in an editor; read a binary secret with file()"
	}
	name, text, found := strings.Cut(line, "=")
	name, text = strings.TrimRight(name, " \t"), strings.TrimLeft(text, " \t")
	switch {
	case strings.HasPrefix(name, "export ") || strings.HasPrefix(name, "export\t"):
		return "", "", "No shell reads this file, so export is not a word in it.", "remove export"
	case !found:
		return "", "", "This line has no =.", "write NAME=value; a comment begins with # at the start of its line, and a value ends with its line"
	case !validVariable.MatchString(name):
		return "", "", "What is before the = is not a valid name of a variable.", "use letters, digits and _, and do not start with a digit"
	}
	text, what, fix = unquote(text)
	return name, text, what, fix
}

// unquote returns a value without its quotes.
func unquote(text string) (value, what, fix string) {
	const single = "put the value in single quotes, in which every character but ' stands for itself"
	switch {
	case strings.HasPrefix(text, "'"):
		value, rest, closed := strings.Cut(text[1:], "'")
		if !closed || rest != "" {
			return "", misquoted(closed), "quote the whole value, on one line; read one with several lines with file()"
		}
		return value, "", ""
	case strings.HasPrefix(text, `"`):
		return unescape(text[1:])
	case strings.Contains(text, `\`):
		return "", `The value has a \ outside of quotes, which systemd removes and other programs keep.`, single
	case strings.Contains(text, " #") || strings.Contains(text, "\t#"):
		return "", "The value contains a # after a blank, which systemd takes for a part of the value, and a shell for a comment.", "put the comment on a line of its own; if it belongs to the value, " + single
	default:
		return text, "", ""
	}
}

func misquoted(closed bool) string {
	if !closed {
		return "The quote is not closed on this line."
	}
	return "There is text after the closing quote."
}

// unescape returns a value in double quotes, whose opening one is removed. As in
// systemd, \ only escapes ", \, $ and `.
func unescape(text string) (value, what, fix string) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' && i == len(text)-1:
			return b.String(), "", ""
		case c == '"':
			return "", misquoted(true), `quote the whole value; write \" for a quote in it`
		case c == '\\' && i+1 < len(text) && strings.IndexByte("\"\\$`", text[i+1]) >= 0:
			i++
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", misquoted(false), "close it; read a value with several lines with file()"
}

// Overridden is a variable of the file that the environment of the process has
// with another value, which counts.
type Overridden struct {
	Name string
	At   diag.Place
}
