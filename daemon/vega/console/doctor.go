package console

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"vega/daemon/doctor"
)

// checkupWidth is the width of the table where there is no terminal.
const checkupWidth = 132

// WriteCheckup writes a row for each finding, and a line that counts them.
func WriteCheckup(out io.Writer, r doctor.Report) error {
	w := bufio.NewWriter(out)
	names, statuses := len("CHECK"), len("STATUS")
	for _, f := range r.Findings {
		names, statuses = max(names, cells(f.Check)), max(statuses, cells(string(f.Status)))
	}
	wide := width(out)
	if wide == 0 {
		wide = checkupWidth
	}
	rest := max(2*narrowest, wide-names-statuses-3*gap)
	c := checkup{w, HasColor(out), names, statuses, rest - rest*2/5, rest * 2 / 5}
	c.row("CHECK", "STATUS", "WHAT IT FOUND", "WHAT TO DO", "")
	for n, f := range r.Findings {
		name := f.Check
		if n > 0 && r.Findings[n-1].Check == name {
			name = ""
		}
		c.row(name, string(f.Status), OneLine(f.Found), OneLine(f.ToDo), colorOf(f.Status))
	}
	fmt.Fprintf(w, "\n%s\n", total(r))
	return w.Flush()
}

// checkup writes the rows of a table with two wrapped columns.
type checkup struct {
	*bufio.Writer
	color                        bool
	names, statuses, found, todo int // widths
}

func (c checkup) row(name, status, found, todo, color string) {
	left, right := wrap(found, c.found), wrap(todo, c.todo)
	for n := range max(len(left), len(right)) {
		if n > 0 {
			name, status = "", ""
		}
		shown := pad(status, c.statuses)
		if c.color && color != "" {
			shown = color + shown + "\x1b[0m"
		}
		line := pad(name, c.names) + strings.Repeat(" ", gap) + shown + strings.Repeat(" ", gap) + pad(line(left, n), c.found) + strings.Repeat(" ", gap) + line(right, n)
		fmt.Fprintln(c, strings.TrimRight(line, " "))
	}
}

func line(all []string, n int) string {
	if n < len(all) {
		return all[n]
	}
	return ""
}

func pad(text string, width int) string { return text + strings.Repeat(" ", max(0, width-cells(text))) }

func colorOf(s doctor.Status) string {
	switch s {
	case doctor.StatusError:
		return "\x1b[31m"
	case doctor.StatusWarning, doctor.StatusUnknown:
		return "\x1b[33m"
	case doctor.StatusOK:
		return "\x1b[32m"
	default:
		return ""
	}
}

// total counts the findings that need attention.
func total(r doctor.Report) string {
	counts := map[doctor.Status]int{}
	for _, f := range r.Findings {
		counts[f.Status]++
	}
	var parts []string
	for _, c := range []struct {
		of   doctor.Status
		noun string
	}{{doctor.StatusError, "error"}, {doctor.StatusWarning, "warning"}} {
		if n := counts[c.of]; n > 0 {
			parts = append(parts, Count(n, c.noun))
		}
	}
	if n := counts[doctor.StatusUnknown]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d unknown", n))
	}
	if len(parts) == 0 {
		return "all is well"
	}
	return strings.Join(parts, ", ")
}
