package main

import (
	"errors"
	"strconv"
	"strings"

	"vega/sdk"
	"vega/sdk/condition"
)

// expectHeaders checks the conditions on headers.
func expectHeaders(r *sdk.Run, who string, answer *sdk.Response) *sdk.Result {
	for _, want := range r.Map("expect_headers") {
		c, err := condition.ForHeader(want.Key, want.Value)
		if err != nil {
			return notACondition("expect_headers", err)
		}
		values := answer.Headers(c.Name)
		if c.Function == condition.Exists {
			if (len(values) > 0) == c.Wants() {
				continue
			}
			return unhealthy(who + hasOrLacks(c, " sent no header ", " sent the header ") + c.Name)
		}
		if len(values) == 0 {
			return unhealthy(who + " sent no header " + c.Name + ", expected " + c.String())
		}
		if result := headerHolds(r, who, c, values); result != nil {
			return result
		}
	}
	return nil
}

func hasOrLacks(c condition.Condition, lacks, has string) string {
	if c.Wants() {
		return lacks
	}
	return has
}

// headerHolds checks the values of one header. One of several must meet the
// condition; each of them, if it excludes something or with all().
func headerHolds(r *sdk.Run, who string, c condition.Condition, values []string) *sdk.Result {
	every := c.Function == condition.All || c.Function == condition.None && c.Tests[0].Negative()
	some, wrong := false, []string(nil)
	for _, value := range values {
		if c.Function == condition.Length {
			value = strconv.Itoa(len(value))
		}
		ok, err := c.Holds(value, condition.Text, r.Match)
		if err != nil {
			return notACondition("expect_headers", err)
		}
		if some = some || ok; !ok {
			wrong = append(wrong, value)
		}
	}
	if some && !every || len(wrong) == 0 {
		return nil
	}
	has := "has " + quote(wrong[0])
	switch lower(c.Name) { // may be a login
	case "set-cookie", "www-authenticate", "authentication-info":
		has = "has another value"
	}
	return unhealthy("the header " + c.Name + " of " + who + " " + has + ", expected " + c.String() + notSeen(c, wrong[0], has))
}

// notSeen says what differs from an expected value if the message does not show
// it.
func notSeen(c condition.Condition, got, shown string) string {
	want, equals := c.Equals()
	if !equals || !strings.Contains(shown, `"`) {
		return ""
	}
	return difference(got, want)
}

func notACondition(option string, err error) *sdk.Result {
	result := sdk.Unknown(option + ": " + err.Error())
	return &result
}

// expectJSON checks the conditions on the JSON of the body.
func expectJSON(r *sdk.Run, who string, answer *sdk.Response) *sdk.Result {
	for _, want := range r.Map("expect_json") {
		c, err := condition.ForJSON(want.Key, want.Value)
		if err != nil {
			return notACondition("expect_json", err)
		}
		j := judge{r, who, answer, c}
		if result := j.condition(); result != nil {
			return result
		}
	}
	return nil
}

// judge checks one condition.
type judge struct {
	r      *sdk.Run
	who    string
	answer *sdk.Response
	c      condition.Condition
}

func (j judge) condition() *sdk.Result {
	paths, err := j.expand(j.c.Path)
	switch {
	case err != nil:
		return j.failed(err)
	case j.c.Function == condition.Exists:
		return j.exists(paths)
	case len(paths) == 0:
		return j.nothing(j.c.Written)
	case j.c.Function == condition.Any:
		return j.any(paths)
	}
	for _, p := range paths {
		if result := j.value(p); result != nil {
			return result
		}
	}
	return nil
}

// expand returns the paths of all values that a path leads to, in the grammar
// of the host. A wildcard below nothing leads to none.
func (j judge) expand(path condition.Path) ([]string, error) {
	paths := []string{""}
	for i, step := range path {
		var next []string
		for _, p := range paths {
			keys, err := j.keys(p, step)
			if err != nil && !errors.Is(err, sdk.ErrNotSet) {
				return nil, err
			}
			for _, k := range keys {
				if i > 0 {
					k = p + "." + k
				}
				next = append(next, k)
			}
		}
		paths = next
	}
	return paths, nil
}

// keys returns the steps of the host's grammar that a step stands for.
func (j judge) keys(at string, step condition.Step) ([]string, error) {
	if !step.Wild && step.Index >= 0 {
		return []string{step.Key}, nil
	}
	n, err := j.answer.Len(at)
	if err != nil {
		return nil, err
	}
	if !step.Wild {
		if n+step.Index < 0 {
			return nil, sdk.ErrNotSet
		}
		return []string{strconv.Itoa(n + step.Index)}, nil
	}
	kind, err := j.answer.JSON(below(at, "@type"))
	keys := make([]string, 0, n)
	for i := 0; i < n && err == nil; i++ {
		key := strconv.Itoa(i)
		if kind == string(condition.Object) {
			if key, err = j.answer.JSON(below(at, "@"+key)); err == nil {
				key = sdk.Key(key)
			}
		}
		keys = append(keys, key)
	}
	return keys, err
}

func below(path, step string) string {
	if path == "" {
		return step
	}
	return path + "." + step
}

// exists checks whether there is a value at one of the paths.
func (j judge) exists(paths []string) *sdk.Result {
	found := false
	for _, p := range paths {
		_, err := j.answer.JSON(below(p, "@type"))
		if err != nil && !errors.Is(err, sdk.ErrNotSet) {
			return j.failed(err)
		}
		found = found || err == nil
	}
	if found == j.c.Wants() {
		return nil
	}
	return unhealthy("the JSON of " + j.who + hasOrLacks(j.c, " has nothing at ", " has a value at ") + j.c.Written)
}

// any checks whether one of the values meets the condition.
func (j judge) any(paths []string) *sdk.Result {
	for _, p := range paths {
		value, kind, err := j.read(p)
		if errors.Is(err, sdk.ErrNotSet) {
			continue
		}
		ok := false
		if err == nil {
			ok, err = j.c.Holds(value, kind, j.r.Match)
		}
		if err != nil {
			return j.failed(err)
		}
		if ok {
			return nil
		}
	}
	return unhealthy("none of the " + plural(len(paths), "value") + " at " + j.c.Written + " in the JSON of " + j.who + " is " + j.c.String())
}

// value checks the value at one path.
func (j judge) value(path string) *sdk.Result {
	shown := j.c.Written
	if j.c.Path.Wild() {
		shown = path
	}
	value, kind, err := j.read(path)
	switch {
	case errors.Is(err, sdk.ErrNotSet):
		return j.nothing(shown)
	case err != nil:
		return j.failed(err)
	}
	if j.c.Function == condition.Length {
		if value, err = j.length(path, value, kind); err != nil {
			return j.failed(err)
		}
		if value == "" {
			return unhealthy("the JSON of " + j.who + " has a " + string(kind) + " at " + shown + ", which has no length; expected " + j.c.String())
		}
		kind, shown = condition.Number, "len("+shown+")"
	}
	ok, err := j.c.Holds(value, kind, j.r.Match)
	switch {
	case err != nil:
		return j.failed(err)
	case !ok:
		return unhealthy("the JSON of " + j.who + " has " + quoteExactly(value) + " at " + shown + ", expected " + j.c.String() + notSeen(j.c, value, `"`))
	}
	return nil
}

// length returns the length of a text, list or object, or "".
func (j judge) length(path, value string, kind condition.Type) (string, error) {
	switch kind {
	case condition.Text:
		n := 0
		for range value {
			n++
		}
		return strconv.Itoa(n), nil
	case condition.List, condition.Object:
		n, err := j.answer.Len(path)
		return strconv.Itoa(n), err
	default:
		return "", nil
	}
}

// read returns the value at a path, and its type if that matters.
func (j judge) read(path string) (string, condition.Type, error) {
	value, err := j.answer.JSON(path)
	if err != nil || j.c.Function != condition.Length && !j.c.NeedsType(value) {
		return value, condition.Text, err
	}
	kind, err := j.answer.JSON(below(path, "@type"))
	if errors.Is(err, sdk.ErrNotSet) { // a number of elements, or a key
		kind, err = string(condition.Number), nil
	}
	return value, condition.Type(kind), err
}

func (j judge) nothing(at string) *sdk.Result {
	return unhealthy("the JSON of " + j.who + " has nothing at " + at + ", expected " + j.c.String())
}

// failed returns the result for a body that could not be read as JSON.
func (j judge) failed(err error) *sdk.Result {
	switch {
	case ambiguous(j.answer, err):
		result := sdk.Unknown("vega can't tell what " + j.who + " reports: " + err.Error() + ", and readers disagree about which one counts; correct the server, or expect another part of its answer")
		return &result
	case errors.Is(err, sdk.ErrInvalid):
		return unhealthy(j.who + " did not answer with usable JSON (" + err.Error() + ")" + notJSON(j.answer))
	}
	result := sdk.Failed(j.who, err)
	return &result
}

// notJSON says what a body that is not JSON may be.
func notJSON(answer *sdk.Response) string {
	switch {
	case strings.HasPrefix(lower(trim(answer.Header("Content-Type"))), "text/html"):
		return "; it is a web page, such as a login or an error page: correct the path or the credentials"
	case isStream(answer):
		return "; it is a stream of several texts: use expect_body or expect_regex"
	default:
		return ""
	}
}
