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

// params reads query parameters strictly: an invalid value, a repeated parameter or
// an unknown one is an error. It keeps the first error, which done returns.
type params struct {
	values url.Values
	known  []string
	err    error
}

func readParams(r *http.Request) *params {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &params{err: &problem{status: http.StatusBadRequest, detail: "invalid query string: percent-encode special characters"}}
	}
	return &params{values: values}
}

// duration reads a duration within bounds. It returns 0 if the parameter is
// absent.
func (p *params) duration(name string, minimum, maximum time.Duration) time.Duration {
	p.known = append(p.known, name)
	given, ok := p.values[name]
	if !ok || p.err != nil {
		return 0
	}
	d, err := time.ParseDuration(given[0])
	switch {
	case len(given) > 1:
		p.err = badParam(name, "given more than once")
	case err != nil:
		p.err = badParam(name, fmt.Sprintf("%q is not a duration: use a number and a unit, such as 30s", given[0]))
	case d < minimum || d > maximum:
		p.err = badParam(name, fmt.Sprintf("%s is not between %s and %s", given[0], minimum, maximum))
	}
	return d
}

// text reads a string. It returns "" if the parameter is absent.
func (p *params) text(name string) string {
	p.known = append(p.known, name)
	given := p.values[name]
	switch {
	case len(given) == 0 || p.err != nil:
		return ""
	case len(given) > 1:
		p.err = badParam(name, "given more than once")
	case given[0] == "":
		p.err = badParam(name, "the value is empty; omit the parameter instead")
	}
	return given[0]
}

// number reads a whole number within bounds. It returns 0 if the parameter is
// absent.
func (p *params) number(name string, minimum, maximum int) int {
	given := p.text(name)
	if given == "" {
		return 0
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < minimum || n > maximum {
		p.err = badParam(name, fmt.Sprintf("%q is not a whole number between %d and %d", given, minimum, maximum))
	}
	return n
}

// boolean reads true or false. It returns nil if the parameter is absent.
func (p *params) boolean(name string) *bool {
	given := p.text(name)
	if given == "" {
		return nil
	}
	if given != "true" && given != "false" {
		p.err = badParam(name, fmt.Sprintf("%q is not true or false", given))
	}
	yes := given == "true"
	return &yes
}

// all returns every value of a parameter that may be repeated.
func (p *params) all(name string) []string {
	p.known = append(p.known, name)
	return p.values[name]
}

// done returns the first error. An unknown parameter is an error, too.
func (p *params) done() error {
	if p.err != nil {
		return p.err
	}
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		if slices.Contains(p.known, name) {
			continue
		}
		if len(p.known) == 0 {
			return badParam(name, "this route has no parameters")
		}
		return badParam(name, "unknown parameter; this route accepts "+strings.Join(p.known, ", "))
	}
	return nil
}

func badParam(name, why string) error {
	return &problem{status: http.StatusBadRequest, detail: fmt.Sprintf("query parameter %q: %s", name, why)}
}
