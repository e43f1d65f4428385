package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"vega/policies/check"
)

// param is a query parameter of a route, as a row of the table of routes has it.
type param struct {
	name     string
	kind     paramKind
	min, max time.Duration // of a duration
	most     int64         // of a number, which is at least 1, or of a count
	values   []string      // that a text can have; nil: any
	many     bool          // may be repeated
	doc      string
}

// paramKind is the type of a parameter's value.
type paramKind int

const (
	textParam paramKind = iota
	durationParam
	momentParam
	numberParam
	booleanParam
	countParam // from 0 on
)

// params reads the query parameters of a route strictly: an invalid value, a
// repeated parameter or an unknown one is an error. It keeps the first error, which
// done returns.
type params struct {
	values   url.Values
	specs    []param
	now      time.Time // from which relative times count
	relative bool      // a relative time was read
	err      error
}

func (a *API) params(c *gin.Context) *params {
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return &params{err: &problem{status: http.StatusBadRequest, detail: "invalid query string: percent-encode special characters"}}
	}
	return &params{values: values, specs: a.route(c).params, now: time.Now().Truncate(time.Millisecond)}
}

// spec returns the row of a parameter. A handler reads only parameters of its
// route.
func (p *params) spec(name string) *param {
	n := slices.IndexFunc(p.specs, func(s param) bool { return s.name == name })
	if n < 0 {
		panic("parameter " + name + " is not in the table of routes")
	}
	return &p.specs[n]
}

// text reads a string. It returns "" if the parameter is absent.
func (p *params) text(name string) string {
	if p.err != nil {
		return ""
	}
	s, given := p.spec(name), p.values[name]
	switch {
	case len(given) == 0:
		return ""
	case len(given) > 1:
		p.err = badParam(name, "given more than once")
	case given[0] == "":
		p.err = badParam(name, "the value is empty; omit the parameter instead")
	default:
		p.err = s.check(given[0])
	}
	return given[0]
}

// all returns every value of a parameter that may be repeated.
func (p *params) all(name string) []string {
	if p.err != nil {
		return nil
	}
	s := p.spec(name)
	for _, v := range p.values[name] {
		if err := s.check(v); err != nil {
			p.err = err
			return nil
		}
	}
	return p.values[name]
}

// check returns an error for a value that is not one of those allowed.
func (s *param) check(value string) error {
	if s.values == nil || slices.Contains(s.values, value) {
		return nil
	}
	return badParam(s.name, fmt.Sprintf("%q is not one of %s", value, strings.Join(s.values, ", ")))
}

// duration reads a duration within bounds. It returns 0 if the parameter is
// absent.
func (p *params) duration(name string) time.Duration {
	given := p.text(name)
	if given == "" || p.err != nil {
		return 0
	}
	s := p.spec(name)
	d, err := check.ParseSpan(given)
	switch {
	case err != nil:
		p.err = badParam(name, fmt.Sprintf("%q is not a duration: use a number and a unit, such as 30s", given))
	case d < s.min || d > s.max:
		p.err = badParam(name, fmt.Sprintf("%s is not between %s and %s", given, check.Span(s.min), check.Span(s.max)))
	}
	return d
}

// epoch is before everything that is stored.
var epoch = time.Unix(0, 0)

// maxSeconds distinguishes seconds since 1970 from milliseconds: it is in the year 5138.
const maxSeconds = 99_999_999_999

// moment reads a time, or how long ago it is. It returns the zero time if the
// parameter is absent.
func (p *params) moment(name string) time.Time {
	given := p.text(name)
	if given == "" || p.err != nil {
		return time.Time{}
	}
	if strings.Trim(given, "0123456789.") == "" {
		return p.seconds(name, given)
	}
	if ago, err := check.ParseSpan(given); err == nil && ago >= 0 {
		p.relative = true
		return latest(p.now.Add(-ago), epoch)
	}
	t, err := time.Parse(time.RFC3339, rfc3339(given))
	if err != nil {
		p.err = badParam(name, fmt.Sprintf("%q is not a time: use RFC 3339, such as 2026-01-02T15:04:05Z, seconds since 1970, or how long ago it is, such as 24h or 30d", given))
	}
	return latest(t, epoch) // a zero time would mean that the parameter is absent
}

// seconds reads the seconds since 1970, which may have a fraction.
func (p *params) seconds(name, given string) time.Time {
	s, err := strconv.ParseFloat(given, 64)
	switch {
	case err != nil:
		p.err = badParam(name, fmt.Sprintf("%q is not a number of seconds since 1970", given))
	case s > maxSeconds:
		p.err = badParam(name, given+" is too large for seconds since 1970; if it is in milliseconds, divide it by 1000")
	}
	return time.UnixMilli(int64(min(s, maxSeconds) * 1000))
}

// rfc3339 writes what RFC 3339 allows in the form that package time reads: T and Z
// may be small, and a space may stand for T. It also restores a plus that was not
// percent-encoded.
func rfc3339(s string) string {
	s = strings.ToUpper(s)
	if at := len("2006-01-02"); len(s) > at && s[at] == ' ' {
		s = s[:at] + "T" + s[at+1:]
	}
	return strings.Replace(s, " ", "+", 1)
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// cursor reads the cursor of a page that next made. From then on, relative times
// count from the request for the first page, so that all pages belong to one query.
func (p *params) cursor(name string) string {
	given := p.text(name)
	cursor, began, ok := strings.Cut(given, ".")
	if !ok || p.err != nil {
		return given
	}
	ms, err := strconv.ParseInt(began, 36, 64)
	if err != nil {
		return given // which the store rejects
	}
	p.now = time.UnixMilli(ms)
	return cursor
}

// next returns the cursor of the next page as the caller gets it.
func (p *params) next(cursor string) string {
	if cursor == "" || !p.relative {
		return cursor
	}
	return cursor + "." + strconv.FormatInt(p.now.UnixMilli(), 36)
}

// number reads a whole number within bounds. It returns 0 if the parameter is
// absent.
func (p *params) number(name string) int {
	given := p.text(name)
	if given == "" || p.err != nil {
		return 0
	}
	most := p.spec(name).most
	n, err := strconv.Atoi(given)
	if err != nil || n < 1 || int64(n) > most {
		p.err = badParam(name, fmt.Sprintf("%q is not a whole number between 1 and %d", given, most))
	}
	return n
}

// count reads a whole number from 0 on. It returns nil if the parameter is absent.
func (p *params) count(name string) *int64 {
	given := p.text(name)
	if given == "" || p.err != nil {
		return nil
	}
	most := p.spec(name).most
	n, err := strconv.ParseInt(given, 10, 64)
	if err != nil || n < 0 || n > most {
		p.err = badParam(name, fmt.Sprintf("%q is not a whole number between 0 and %d", given, most))
	}
	return &n
}

// boolean reads true or false. It returns nil if the parameter is absent.
func (p *params) boolean(name string) *bool {
	given := p.text(name)
	if given == "" || p.err != nil {
		return nil
	}
	if given != "true" && given != "false" {
		p.err = badParam(name, fmt.Sprintf("%q is not true or false", given))
	}
	yes := given == "true"
	return &yes
}

// done returns the first error. An unknown parameter is an error, too.
func (p *params) done() error {
	if p.err != nil {
		return p.err
	}
	var known []string
	for _, s := range p.specs {
		known = append(known, s.name)
	}
	for _, name := range sortedNames(p.values) {
		switch {
		case slices.Contains(known, name):
		case len(known) == 0:
			return badParam(name, "this route has no parameters")
		default:
			return badParam(name, "unknown parameter; this route accepts "+strings.Join(known, ", "))
		}
	}
	return nil
}

// pathID returns the ID in the path of a route without query parameters.
func (p *params) pathID(c *gin.Context, of string) (int64, error) {
	if err := p.done(); err != nil {
		return 0, err
	}
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != c.Param("id") { // +1 and 01 are not IDs
		return 0, &problem{http.StatusNotFound, "the ID of " + of + " must be a positive number"}
	}
	return id, nil
}

func badParam(name, why string) error {
	return &problem{status: http.StatusBadRequest, detail: fmt.Sprintf("query parameter %q: %s", name, why)}
}
