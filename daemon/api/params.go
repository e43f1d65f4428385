package api

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// params reads query parameters strictly: a wrong value, one given twice or
// one that nobody asked for is an error, not a default. The first is kept.
type params struct {
	values url.Values
	known  []string
	err    error
}

func readParams(r *http.Request) *params {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &params{err: &problem{status: http.StatusBadRequest, detail: "the query string can't be decoded: percent-escape what is not plain"}}
	}
	return &params{values: values}
}

// duration reads a duration within bounds; absent, it is 0.
func (p *params) duration(name string, least, most time.Duration) time.Duration {
	p.known = append(p.known, name)
	given, ok := p.values[name]
	if !ok || p.err != nil {
		return 0
	}
	d, err := time.ParseDuration(given[0])
	switch {
	case len(given) > 1:
		p.err = badParam(name, "it is given more than once")
	case err != nil:
		p.err = badParam(name, fmt.Sprintf("%q is no duration: write a number and its unit, such as 30s", given[0]))
	case d < least || d > most:
		p.err = badParam(name, fmt.Sprintf("%s is not within %s to %s", given[0], least, most))
	}
	return d
}

// text reads a parameter as it is; absent, it is "".
func (p *params) text(name string) string {
	p.known = append(p.known, name)
	given := p.values[name]
	switch {
	case len(given) == 0 || p.err != nil:
		return ""
	case len(given) > 1:
		p.err = badParam(name, "it is given more than once")
	case given[0] == "":
		p.err = badParam(name, "it is empty; leave it out")
	}
	return given[0]
}

// number reads a whole number within bounds; absent, it is 0.
func (p *params) number(name string, least, most int) int {
	given := p.text(name)
	if given == "" {
		return 0
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < least || n > most {
		p.err = badParam(name, fmt.Sprintf("%q is no whole number within %d to %d", given, least, most))
	}
	return n
}

// truth reads true or false; absent, it is nil.
func (p *params) truth(name string) *bool {
	given := p.text(name)
	if given == "" {
		return nil
	}
	if given != "true" && given != "false" {
		p.err = badParam(name, fmt.Sprintf("%q is neither true nor false", given))
	}
	yes := given == "true"
	return &yes
}

// all reads a parameter that may be given more than once.
func (p *params) all(name string) []string {
	p.known = append(p.known, name)
	return p.values[name]
}

// done returns the first error, that of an unknown parameter included.
func (p *params) done() error {
	if p.err != nil {
		return p.err
	}
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		if slices.Contains(p.known, name) {
			continue
		}
		if len(p.known) == 0 {
			return badParam(name, "this route takes no parameter")
		}
		return badParam(name, "there is no such parameter; there are: "+strings.Join(p.known, ", "))
	}
	return nil
}

func badParam(name, why string) error {
	return &problem{status: http.StatusBadRequest, detail: fmt.Sprintf("query parameter %q: %s", name, why)}
}
