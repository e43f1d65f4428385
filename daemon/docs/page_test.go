package docs

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// page is a page with what its reader does, in order.
type page struct {
	name  string
	where string // "host", "debian", or "" for a page without commands
	steps []step
}

// step is something that the reader of a page does, or that a comment does for the
// test alone.
type step struct {
	line int
	kind kind
	text string // a command, or the content of a file
	file string // of write and add

	sample     string // the output of a command as the page shows it, or ""
	exit       int    // the exit code of a command, or anyExit
	background bool   // the command runs in a second terminal
}

// anyExit is the exit code of a command that depends on the machine.
const anyExit = -1

type kind int

const (
	command kind = iota // in a fence
	setup               // shell lines in a comment
	write               // a fence that the reader saves as a file
	add                 // a fence that the reader appends to a file
)

// shown are the languages of fences that hold no commands. TestExamplesInTheGuide
// in daemon/config validates those in hcl.
var shown = map[string]bool{"hcl": true, "json": true, "nginx": true, "caddy": true, "yaml": true, "ini": true, "python": true, "text": true, "markdown": true}

var (
	fence     = regexp.MustCompile("^( *)(```+|~~~+)[ \t]*(.*)$")
	directive = regexp.MustCompile(`(?s)^(runs on|test|exits|background|write|append)(?::\s*(.*))?$`)
)

// parser reads a page line by line.
type parser struct {
	page     page
	lines    []string
	at       int       // the index of the line to read next
	next     following // for the next fence
	complete func(string) bool
}

// following is what comments say about the next fence.
type following struct {
	line       int // of the comment; 0 without one
	exit       int
	background bool
	kind       kind
	file       string
}

// parse reads a page. It refuses what the test would silently pass over: an unknown
// comment, a fence in an unknown language, a command without its end.
func parse(ctx context.Context, name, text string) (page, error) {
	p := &parser{page: page{name: name}, lines: strings.Split(text, "\n"), complete: func(s string) bool { return complete(ctx, s) }}
	for p.at < len(p.lines) {
		if err := p.read(); err != nil {
			return page{}, fmt.Errorf("%s:%w", name, err)
		}
	}
	if p.next.line > 0 {
		return page{}, fmt.Errorf("%s:%d: no fence follows this comment", name, p.next.line)
	}
	if p.page.where == "" && len(p.page.steps) > 0 {
		return page{}, fmt.Errorf("%s:1: a page with commands begins with <!-- runs on: host --> or <!-- runs on: debian -->", name)
	}
	return p.page, nil
}

// read reads a line, or the comment or fence that begins there.
func (p *parser) read() error {
	line := p.lines[p.at]
	if m := fence.FindStringSubmatch(line); m != nil {
		return p.fence(m[1], m[2], m[3])
	}
	if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "<!--"); ok {
		return p.comment(rest)
	}
	p.at++
	return nil
}

// comment reads a comment from its first line on.
func (p *parser) comment(rest string) error {
	began := p.at + 1
	text, _, closed := strings.Cut(rest, "-->")
	for p.at++; !closed; p.at++ {
		if p.at == len(p.lines) {
			return fmt.Errorf("%d: the comment has no end", began)
		}
		var more string
		more, _, closed = strings.Cut(p.lines[p.at], "-->")
		text += "\n" + more
	}
	m := directive.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return fmt.Errorf("%d: unknown comment; the known ones are runs on, test, exits, background, write and append", began)
	}
	return p.directive(began, m[1], strings.TrimSpace(m[2]))
}

func (p *parser) directive(line int, name, value string) error {
	switch name {
	case "runs on":
		if line != 1 || value != "host" && value != "debian" {
			return fmt.Errorf("%d: runs on is in the first line, and has the value host or debian", line)
		}
		p.page.where = value
		return nil
	case "test":
		p.page.steps = append(p.page.steps, step{line: line, kind: setup, text: value})
		return nil
	case "exits":
		code, err := strconv.Atoi(value)
		if value == "any" {
			code = anyExit
		} else if err != nil || code < 1 || code > 255 {
			return fmt.Errorf("%d: exits takes an exit code from 1 to 255 or any, not %q", line, value)
		}
		p.next.exit = code
	case "background":
		p.next.background = true
	default:
		if value == "" {
			return fmt.Errorf("%d: %s takes the name of a file", line, name)
		}
		p.next.file, p.next.kind = value, write
		if name == "append" {
			p.next.kind = add
		}
	}
	p.next.line = line
	return nil
}

// fence reads a fence, and turns it into steps.
func (p *parser) fence(indent, mark, language string) error {
	began := p.at + 1
	var inside []string
	for p.at++; ; p.at++ {
		if p.at == len(p.lines) {
			return fmt.Errorf("%d: the fence has no end", began)
		}
		line := strings.TrimPrefix(p.lines[p.at], indent)
		if strings.TrimRight(line, " \t") == mark {
			break
		}
		inside = append(inside, line)
	}
	p.at++
	next := p.next
	p.next = following{}
	var steps []step
	var err error
	switch {
	case next.file != "":
		steps = []step{{line: began, kind: next.kind, file: next.file, text: strings.Join(inside, "\n") + "\n"}}
	case language == "sh":
		steps, err = p.commands(began+1, inside)
	case language == "console":
		steps, err = p.session(began+1, inside)
	case !shown[language]:
		return fmt.Errorf("%d: nothing runs a fence in %q; commands are in sh or console", began, language)
	}
	if err != nil || next.file == "" && len(steps) == 0 && (next.line > 0 || !shown[language]) {
		return fmt.Errorf("%d: the fence has no command: %w", began, err)
	}
	if len(steps) > 0 {
		last := &steps[len(steps)-1]
		last.exit, last.background = next.exit, next.background
	}
	p.page.steps = append(p.page.steps, steps...)
	return nil
}

// commands divides the lines of a fence into commands.
func (p *parser) commands(first int, lines []string) (steps []step, err error) {
	for i := 0; i < len(lines); {
		if blank(lines[i]) {
			i++
			continue
		}
		n := p.length(lines[i:])
		if n == 0 {
			return nil, fmt.Errorf("the command in line %d has no end", first+i)
		}
		steps = append(steps, step{line: first + i, text: strings.Join(lines[i:i+n], "\n")})
		i += n
	}
	return steps, nil
}

// session divides a fence in console into commands and their output.
func (p *parser) session(first int, lines []string) (steps []step, err error) {
	for i := 0; i < len(lines); {
		rest, ok := strings.CutPrefix(lines[i], "$ ")
		if !ok {
			if len(steps) == 0 {
				return nil, fmt.Errorf("line %d is output before the first command", first+i)
			}
			steps[len(steps)-1].sample += lines[i] + "\n"
			i++
			continue
		}
		text := append([]string{rest}, lines[i+1:]...)
		n := p.length(text)
		if n == 0 {
			return nil, fmt.Errorf("the command in line %d has no end", first+i)
		}
		steps = append(steps, step{line: first + i, text: strings.Join(text[:n], "\n")})
		i += n
	}
	return steps, nil
}

// length returns how many lines the first command has, or 0 if it has no end.
func (p *parser) length(lines []string) int {
	for n := 1; n <= len(lines); n++ {
		last := lines[n-1]
		backslashes := len(last) - len(strings.TrimRight(last, `\`))
		if backslashes%2 == 0 && p.complete(strings.Join(lines[:n], "\n")) {
			return n
		}
	}
	return 0
}

// complete reports whether bash has read whole commands at the end of the text. Of
// an unfinished here-document, bash warns only.
func complete(ctx context.Context, text string) bool {
	out, err := exec.CommandContext(ctx, "bash", "-n", "-c", text+"\n").CombinedOutput()
	return err == nil && len(out) == 0
}

// blank reports whether a line holds no command.
func blank(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || strings.HasPrefix(line, "#")
}
