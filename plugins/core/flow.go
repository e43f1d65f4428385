package main

import (
	"errors"
	"strconv"
	"strings"

	"vega/sdk"
	"vega/sdk/condition"
)

func init() { sdk.Probe("flow", flowProbe) }

// maxTaken bounds a value that is taken from an answer, in bytes.
const maxTaken = 16 << 10

// taken is a value from the answer to a step. It may be the token of a session, so it
// is not shown.
type taken struct{ name, value, step string }

// flow is a run of several requests.
type flow struct {
	steps []*sdk.Run
	n     int // of the step that is running
	taken []taken
}

// flowProbe sends the requests of all steps, until one fails.
func flowProbe(r *sdk.Run) sdk.Result {
	f := &flow{steps: r.Objects("steps")}
	began := r.Now()
	var slowest []sdk.Result
	for f.n = range f.steps {
		at := f.steps[f.n]
		from := r.Now()
		result := f.step(at)
		r.Millis("step."+at.String("name"), r.Since(from))
		if result == nil {
			continue
		}
		result.Message = f.title(at) + f.hide(result.Message)
		if result.Status != sdk.Degraded("").Status {
			return *result
		}
		slowest = append(slowest, *result)
	}
	total := r.Since(began)
	r.Millis("response_time", total)
	if result := slow(r, "the flow", total, 0); result != nil {
		slowest = append(slowest, *result)
	}
	if len(slowest) > 0 {
		return worst(slowest)
	}
	return sdk.Healthy(plural(len(f.steps), "step") + " in " + short(total))
}

// title says which step a message is about.
func (f *flow) title(at *sdk.Run) string {
	return "step " + strconv.Itoa(f.n+1) + " of " + strconv.Itoa(len(f.steps)) + " (" + at.String("name") + "): "
}

// step sends one request, judges the answer and takes values from it.
func (f *flow) step(at *sdk.Run) *sdk.Result {
	who := origin(at.String("url"))
	q, result := f.request(at)
	if result != nil {
		return result
	}
	began := at.Now()
	answer, err := q.Send()
	if err != nil {
		result := sdk.Failed(who, err)
		return &result
	}
	defer answer.Close()
	at.Detail("status", strconv.Itoa(answer.Status))
	if to := answer.Redirected(); to != "" {
		who += " (redirected to " + origin(to) + ")"
	}
	b := &body{answer: answer, limit: bodyLimit}
	result = f.judge(at, who, b)
	if problem := f.take(at, who, b); result == nil { // also of a failed step, so that its message shows none
		result = problem
	}
	if to := answer.Header("Location"); to != "" {
		at.Detail("location", f.hide(origin(to))) // without its path, which may contain a taken value, too
	}
	if result != nil {
		return result
	}
	took := answer.Timing(sdk.PhaseTotal)
	if took == 0 {
		took = at.Since(began)
	}
	return slow(at, who, took, answer.Timing(sdk.PhaseTotal))
}

// judge compares the answer with what is expected of it.
func (f *flow) judge(at *sdk.Run, who string, b *body) *sdk.Result {
	for _, check := range [...]func(*sdk.Run, string, *sdk.Response) *sdk.Result{expectStatus, expectHeaders} {
		if result := check(at, who, b.answer); result != nil {
			if strings.HasSuffix(result.Message, wrongLogin) {
				result.Message += f.otherCredentials(at)
			}
			hinted := tlsHint(*result, b.answer)
			return &hinted
		}
	}
	if result := searchBody(at, who, b); result != nil {
		return result
	}
	if needsJSON(at) {
		return expectJSON(at, who, b.answer)
	}
	if isStream(b.answer) || takesFrom(at, condition.FromRegex) {
		return nil
	}
	_, result := ending(at, who, b)
	return result
}

// otherCredentials says where else than in auth and headers the credentials of a step may be.
func (f *flow) otherCredentials(at *sdk.Run) string {
	where := ""
	if at.Has("body") {
		where = ", or in body"
	}
	if len(f.taken) > 0 {
		where += ", or what an earlier step takes"
	}
	return where
}

// takesFrom reports whether a step takes a value from there.
func takesFrom(at *sdk.Run, from string) bool {
	for _, p := range at.Map("take") {
		if condition.SplitTake(p.Value).From == from {
			return true
		}
	}
	return false
}

func needsJSON(at *sdk.Run) bool { return at.Has("expect_json") || takesFrom(at, condition.FromJSON) }

// request makes the request of a step, with the taken values in it.
func (f *flow) request(at *sdk.Run) (*sdk.Request, *sdk.Result) {
	fill := filler{flow: f}
	headers := at.Map("headers")
	kind := ""
	for _, h := range headers {
		if lower(h.Key) == "content-type" {
			kind = lower(h.Value)
		}
	}
	url := fill.in(at.String("url"), fill.inURL)
	text := at.String("body")
	switch begin := trim(text); {
	case strings.Contains(kind, "json"), kind == "" && begin != "" && strings.IndexByte("{[", begin[0]) >= 0:
		text = fill.in(text, inJSON)
	case strings.Contains(kind, "x-www-form-urlencoded"):
		text = fill.in(text, escape)
	default:
		text = fill.in(text, func(s string) string { return s })
	}
	q := at.HTTP(at.String("method"), url).Body(text).UTF8()
	for _, h := range headers {
		q.Header(h.Key, fill.in(h.Value, fill.inHeader))
	}
	if fill.problem != nil {
		return nil, fill.problem
	}
	if !at.Bool("follow_redirects") {
		q.Redirects(0)
	}
	if needsJSON(at) {
		return q.MaxBody(bodyLimit), nil
	}
	return q.NoJSON().MaxBody(endLimit), nil
}

// filler replaces {name} in the texts of a step.
type filler struct {
	*flow
	using   taken // the value that is filled in
	problem *sdk.Result
}

// in is large where it is inlined, which the module's size does not allow.
//
//go:noinline
func (f *filler) in(text string, form func(string) string) string {
	return condition.Fill(text, func(name string) string {
		for _, t := range f.taken {
			if t.name == name {
				f.using = t
				return form(t.value)
			}
		}
		result := sdk.Unknown("no earlier step takes " + quote(name) + "; take it in one, or write {{" + name + "}} for the text itself")
		f.problem = &result
		return ""
	})
}

// inURL escapes a value so that it stays within one part of a path or query.
func (f *filler) inURL(value string) string {
	if value == "." || value == ".." {
		f.unfit("is " + quote(value) + ", which would lead to another path")
	}
	return escape(value)
}

// inHeader refuses what can't be in a header.
func (f *filler) inHeader(value string) string {
	for i := 0; i < len(value); i++ {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7F {
			f.unfit("contains a line break or another control character, which can't be in a header")
			return ""
		}
	}
	return value
}

func (f *filler) unfit(why string) {
	f.problem = unhealthy("what the step " + f.using.step + " took as " + f.using.name + " " + why + "; correct the server, or take another part of its answer")
}

// inJSON escapes a value for a JSON string, or for a place without quotes.
func inJSON(s string) string {
	const hex = "0123456789abcdef"
	b := make([]byte, 0, len(s)+16)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' {
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			continue
		}
		if c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return string(b)
}

// take takes the values that later steps need.
func (f *flow) take(at *sdk.Run, who string, b *body) (problem *sdk.Result) {
	for _, p := range at.Map("take") {
		value, missing, result := f.value(at, who, condition.SplitTake(p.Value), b)
		switch {
		case result != nil:
		case value == "":
			result = unhealthy(who + " answered " + strconv.Itoa(b.answer.Status) + ", but " + missing + ", which " + f.needing(p.Key) + " needs as " + p.Key + "; correct the server or take")
		case len(value) > maxTaken:
			result = unhealthy("what " + who + " answered for " + p.Key + " has " + plural(len(value), "byte") + ", more than the 16 KiB that a step takes; take a shorter part")
		}
		if value != "" {
			f.taken = append(f.taken, taken{p.Key, value[:min(len(value), maxTaken)], at.String("name")})
		}
		if problem == nil {
			problem = result
		}
	}
	return problem
}

// needing returns the step that uses a name first.
func (f *flow) needing(name string) string {
	for _, later := range f.steps[f.n+1:] {
		used := false
		note := func(text string) {
			condition.Fill(text, func(n string) string { used = used || n == name; return "" })
		}
		note(later.String("url") + later.String("body"))
		for _, h := range later.Map("headers") {
			note(h.Value)
		}
		if used {
			return "the step " + later.String("name")
		}
	}
	return "this step"
}

// value reads what is to be taken. missing says what is not there, if it is empty.
func (f *flow) value(at *sdk.Run, who string, t condition.Take, b *body) (value, missing string, result *sdk.Result) {
	switch t.From {
	case condition.FromHeader:
		return b.answer.Header(t.What), "it sent no header " + t.What, nil
	case condition.FromCookie:
		return cookie(b.answer, t.What), "it set no cookie " + t.What, nil
	case condition.FromJSON:
		return f.fromJSON(at, who, t.What, b.answer)
	}
	b.keep = true
	for b.more() {
	}
	if b.err != nil {
		return "", "", b.failed(who)
	}
	group := 1
	value, err := at.MatchGroup(t.What, string(b.text), group)
	if errors.Is(err, sdk.ErrInvalid) { // without a group
		value, err = at.MatchGroup(t.What, string(b.text), 0)
	}
	if err != nil && !errors.Is(err, sdk.ErrNotSet) {
		failed := sdk.Failed(who, err)
		result = &failed
	}
	return value, "its body does not match " + quote(t.What), result
}

func (f *flow) fromJSON(at *sdk.Run, who, written string, answer *sdk.Response) (value, missing string, result *sdk.Result) {
	path, err := condition.ParsePath(written)
	if err != nil {
		return "", "", notACondition("take", err)
	}
	j := judge{at, who, answer, condition.Condition{Path: path, Written: written}}
	missing = "its JSON has nothing at " + written
	paths, err := j.expand(path)
	if err == nil && len(paths) == 1 {
		value, err = answer.JSON(paths[0])
	}
	if err != nil && !errors.Is(err, sdk.ErrNotSet) {
		return "", "", j.failed(err)
	}
	if value == "null" {
		value, missing = "", "its JSON has null at "+written
	}
	return value, missing, nil
}

// cookie returns the value of a cookie that an answer sets.
func cookie(answer *sdk.Response, name string) string {
	for _, line := range answer.Headers("Set-Cookie") {
		pair, _, _ := strings.Cut(line, ";")
		key, value, _ := strings.Cut(pair, "=")
		if trim(key) == name {
			return strings.Trim(trim(value), `"`)
		}
	}
	return ""
}

// hide removes the taken values from a message, and what is left of them where it was
// cut: each part of 8 bytes or more. A shorter value is too common to be hidden.
func (f *flow) hide(message string) string {
	const part = 8
	for _, t := range f.taken {
		for _, value := range [...]string{t.value, escape(t.value), inJSON(t.value), condition.OneLine(t.value)} {
			if len(value) < part {
				continue
			}
			for i := 0; i+part <= len(message); i++ {
				if !strings.Contains(value, message[i:i+part]) {
					continue
				}
				end := i + part
				for end < len(message) && strings.Contains(value, message[i:end+1]) {
					end++
				}
				message = message[:i] + "(taken)" + message[end:]
				i += len("(taken)") - 1
			}
		}
	}
	return message
}
