package shipped

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// selector selects series, as `up{job="vega"}` in an expression.
type selector struct {
	text   string
	name   string   // "" if the matchers have it
	labels []string // that the matchers name
}

var (
	grouping    = regexp.MustCompile(`\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)\)`)
	ranges      = regexp.MustCompile(`\[[^\]]*\]`)
	selection   = regexp.MustCompile(`([a-zA-Z_:][\w:]*)?\{([^{}]*)\}|[a-zA-Z_:][\w:]*`)
	matcher     = regexp.MustCompile(`([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*"[^"]*"`)
	keyword     = []string{"and", "or", "unless", "bool", "offset", "inf", "nan"}
	own         = []string{"job", "instance", "le"} // labels that Prometheus adds, or all histograms have
	ofScrape    = []string{"up", "scrape_duration_seconds"}
	measurement = regexp.MustCompile(`^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$`)
	label       = regexp.MustCompile(`([a-zA-Z_]\w*)="(?:[^"\\]|\\.)*"`)
)

// selectors returns what an expression selects, and the labels that it groups by.
func selectors(expr string) (all []selector, groups []string) {
	for _, m := range grouping.FindAllStringSubmatch(expr, -1) {
		for name := range strings.SplitSeq(m[1], ",") {
			groups = append(groups, strings.TrimSpace(name))
		}
	}
	expr = ranges.ReplaceAllString(grouping.ReplaceAllString(expr, ""), "")
	for _, m := range selection.FindAllStringSubmatchIndex(expr, -1) {
		s := selector{text: expr[m[0]:m[1]]}
		matchers := ""
		switch {
		case m[4] >= 0:
			matchers = expr[m[4]:m[5]]
			if m[2] >= 0 {
				s.name = expr[m[2]:m[3]]
			}
		case slices.Contains(keyword, s.text), strings.HasPrefix(strings.TrimSpace(expr[m[1]:]), "("), m[0] > 0 && expr[m[0]-1] >= '0' && expr[m[0]-1] <= '9': // a function, or a number as 1e3
			continue
		default:
			s.name = s.text
		}
		for _, one := range matcher.FindAllStringSubmatch(matchers, -1) {
			s.labels = append(s.labels, one[1])
		}
		all = append(all, s)
	}
	return all, groups
}

func TestSelectorsOfExpressions(t *testing.T) {
	got, groups := selectors(`histogram_quantile(0.95, sum by (le, database) (rate(a_bucket{job=~"x|y", q="1"}[1m]))) or time() - max(b) > 3 * (c > 0) + 1e3 and on (job) {__name__=~"d.+", e!=""}`)
	var texts []string
	for _, s := range got {
		texts = append(texts, s.name+" "+strings.Join(s.labels, ","))
	}
	if want := []string{"a_bucket job,q", "b ", "c ", " __name__,e"}; !slices.Equal(texts, want) {
		t.Errorf("%q, want %q", texts, want)
	}
	if want := []string{"le", "database", "job"}; !slices.Equal(groups, want) {
		t.Errorf("%q, want %q", groups, want)
	}
}

// exported holds the labels of each series name in an answer of GET /metrics.
type exported map[string]map[string]bool

func exportedBy(t *testing.T, metrics string) exported {
	t.Helper()
	all := exported{}
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		m := measurement.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			t.Fatalf("not a measurement: %s", line)
		}
		if all[m[1]] == nil {
			all[m[1]] = map[string]bool{}
		}
		for _, one := range label.FindAllStringSubmatch(m[2], -1) {
			all[m[1]][one[1]] = true
		}
	}
	return all
}

var legendLabel = regexp.MustCompile(`\{\{(\w+)\}\}`)

// lacks returns the names and labels of an expression that vega does not export, and the
// labels of its legend that the result does not have.
func (e exported) lacks(expr, legend string) (missing []string) {
	all, groups := selectors(expr)
	result := slices.Clone(groups)
	known := map[string]bool{}
	for _, s := range all {
		of := e[s.name]
		if of == nil { // a native histogram has the labels of the classic one
			of = e[s.name+"_count"]
		}
		switch {
		case slices.Contains(ofScrape, s.name):
		case s.name == "": // selected by a pattern
			of = map[string]bool{"__name__": true}
		case of == nil:
			missing = append(missing, s.name)
			continue
		}
		maps.Copy(known, of)
		for _, name := range s.labels {
			if !of[name] && !slices.Contains(own, name) {
				missing = append(missing, s.name+"{"+name+"}")
			}
		}
	}
	for _, name := range groups {
		if !known[name] && !slices.Contains(own, name) {
			missing = append(missing, "label "+name)
		}
	}
	if len(result) == 0 {
		result = append(slices.Collect(maps.Keys(known)), own...)
	}
	for _, m := range legendLabel.FindAllStringSubmatch(legend, -1) {
		if !slices.Contains(result, m[1]) {
			missing = append(missing, "legend "+m[1])
		}
	}
	return missing
}
