package ui

import (
	"fmt"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/policies/check"
)

// Statuses has every status, the most harmful first.
var Statuses = [...]check.Status{check.Unhealthy, check.Degraded, check.Unknown, check.Healthy, check.Disabled}

// Harm returns the index of a status in Statuses. A status that is not there counts as
// unknown.
func Harm(s check.Status) int {
	for n, one := range Statuses {
		if s == one {
			return n
		}
	}
	return Harm(check.Unknown)
}

// Counted returns a status with how many have it.
func Counted(s check.Status, count int) g.Node {
	return h.Span(h.Class("status "+string(s)), icon(icons[s]), g.Textf(" %d %s", count, Word(s)))
}

// beatHeights are the heights of the beats of each status, in tenths of the bar. They
// differ, so that a bar can be read without its colours.
var beatHeights = [len(Statuses)]int{10, 8, 4, 6, 2}

// Beats returns a bar of the last runs, the oldest first. It has room for a number of runs,
// and shows the last ones, at its right end. Its attribute data-b has a digit for each run,
// an index of Statuses; the script appends to it and draws the paths again in the same way.
func Beats(room int, runs []check.Status) g.Node {
	if len(runs) > room {
		runs = runs[len(runs)-room:]
	}
	var paths [len(Statuses)][]byte
	digits, first := make([]byte, len(runs)), room-len(runs)
	var counts [len(Statuses)]int
	for from := 0; from < len(runs); {
		s, to := Harm(runs[from]), from
		for ; to < len(runs) && Harm(runs[to]) == s; to++ {
			digits[to] = byte('0' + s)
		}
		counts[s] += to - from
		paths[s] = block(paths[s], first+from, first+to, 10-beatHeights[s], 10)
		from = to
	}
	return bar(room, 10, paths, "last "+counted(len(runs), "run", counts, 0), h.Data("b", string(digits)))
}

// Day is a part of a bar of uptime.
type Day struct {
	Known bool         // there are runs of it
	Up    float64      // the part of its time that the integration was up, 0 to 1
	Worst check.Status // of its runs
}

// minDown is the minimum height of the time that a day was not up, in hundredths of the bar,
// so that a short outage can be seen.
const minDown = 15

// Uptime returns a bar of days, the oldest first. The lower part of a day has the height of
// its uptime. The rest is above it, in the colour of the worst status.
func Uptime(days []Day) g.Node {
	var paths [len(Statuses)][]byte
	var counts [len(Statuses)]int
	missing := 0
	for from := 0; from < len(days); {
		to := from + 1
		for to < len(days) && days[to] == days[from] {
			to++
		}
		d := days[from]
		switch worst, up := Harm(d.Worst), 100-d.down(); {
		case !d.Known:
			missing += to - from
			paths[Harm(check.Disabled)] = block(paths[Harm(check.Disabled)], from, to, 95, 100)
		case up == 100:
			counts[worst] += to - from
			paths[worst] = block(paths[worst], from, to, 0, 100)
		default:
			counts[worst] += to - from
			paths[worst] = block(paths[worst], from, to, 0, 100-up)
			if lower := Harm(check.Healthy); up > 0 {
				paths[lower] = block(paths[lower], from, to, 100-up, 100)
			}
		}
		from = to
	}
	return bar(len(days), 100, paths, "last "+counted(len(days), "day", counts, missing))
}

// down returns the height of what the day was not up. A degraded day has the height of its
// uptime, which is 1 as a rule, in its own colour.
func (d Day) down() int {
	down := int((1-min(max(d.Up, 0), 1))*100 + 0.5)
	switch {
	case d.Up >= 1 && (d.Worst == check.Healthy || d.Worst == check.Degraded || d.Worst == check.Disabled):
		return 0
	case down < minDown:
		return minDown
	default:
		return down
	}
}

// block appends a rectangle to the data of a path.
func block(d []byte, left, right, top, bottom int) []byte {
	for _, part := range []struct {
		letter byte
		at     int
	}{{'M', left}, {' ', top}, {'H', right}, {'V', bottom}, {'H', left}} {
		d = strconv.AppendInt(append(d, part.letter), int64(part.at), 10)
	}
	return append(d, 'z')
}

// bar returns a drawing of one path for each status.
func bar(width, height int, paths [len(Statuses)][]byte, words string, more ...g.Node) g.Node {
	nodes := g.Group{
		h.Class("bar"), h.Role("img"), g.Attr("viewBox", fmt.Sprintf("0 0 %d %d", width, height)), g.Attr("preserveAspectRatio", "none"),
		g.Group(more), g.El("title", g.Text(words)),
	}
	for n, d := range paths {
		if len(d) > 0 {
			nodes = append(nodes, g.El("path", h.Class(string(Statuses[n])), g.Attr("d", string(d))))
		}
	}
	return h.SVG(nodes...)
}

// counted says how many of something have each status, such as "30 runs: 28 healthy, 2
// unhealthy".
func counted(total int, what string, counts [len(Statuses)]int, missing int) string {
	if total != 1 {
		what += "s"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s", total, what)
	separator := ": "
	for n, count := range counts {
		if count > 0 {
			fmt.Fprintf(&b, "%s%d %s", separator, count, Statuses[n])
			separator = ", "
		}
	}
	if missing > 0 {
		fmt.Fprintf(&b, "%s%d without runs", separator, missing)
	}
	return b.String()
}
