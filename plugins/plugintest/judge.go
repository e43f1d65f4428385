package plugintest

import (
	"net/url"
	"regexp"
	"strings"

	"vega/plugins"
	"vega/policies/check"
)

// judge decides whether a probe handled a fault correctly.
func (k *Kit) judge(c *Case, f *Fault, baseline plugins.Result, run Run) Verdict {
	v := Verdict{Fault: f.Name, Run: run, Status: run.Status, Cause: run.Cause, Message: run.Message}
	optional := k.allOptional(c.Probe)
	switch {
	case run.Ended && run.Cause == check.Timeout:
		v.Wrong = "the probe did not return after a call reported a timeout: return immediately after an error"
	case run.Ended && run.Cause != check.Host:
		v.Wrong = run.Message
	case run.Cause == check.Host:
		v.Advice = "this machine was too busy for a verdict; run the test again"
	case f.harmless:
		if run.Status != baseline.Status {
			v.Wrong = "this fault should make no difference, but without it the probe is " + string(baseline.Status)
		}
		return v
	case f.denies && run.Status == check.Healthy && !optional:
		v.Wrong = "healthy, although everything it asked for was denied: check the result of each call"
	case f.denies, f.vegaLacks:
	case run.Status == check.Healthy && f.soft:
		if baseline.Status == check.Healthy && strings.HasPrefix(f.Name, "http: status") {
			v.Advice = "healthy; if that is not intended, check the status of the response"
		}
	case run.Status == check.Healthy:
		v.Wrong = "healthy, although a call failed: check the result of each call"
	case run.Status == check.Unknown && run.Cause == check.Probe && !f.soft && !f.oversized:
		v.Wrong = "unknown, although the target is at fault: return unhealthy; the SDK's failed function tells the two apart"
	}
	if v.Wrong == "" && run.Status != check.Healthy && run.Cause != check.Host && !f.vegaLacks {
		if why := vague(run.Message, baseline, c); why != "" && f.soft {
			v.Advice = why
		} else {
			v.Wrong = why
		}
	}
	return v
}

func (k *Kit) allOptional(probe string) bool {
	p, err := k.Probe(probe)
	if err != nil {
		return false
	}
	for _, c := range p.Capabilities {
		if !c.Optional {
			return false
		}
	}
	return true
}

var number = regexp.MustCompile(`(?i)^\W*(failed|failure|error|errno|code|status)?\W*-?\d+\W*$`)

// vague returns why a message does not help the operator, or "" if it does.
func vague(message string, baseline plugins.Result, c *Case) string {
	switch {
	case message == "the probe returned no message":
		return "it returns no message: say what is wrong, and with what"
	case message == baseline.Message && baseline.Status == check.Healthy:
		return "its message is the same as without the fault: " + message
	case number.MatchString(message):
		return "its message is only a code: " + message + "; describe the problem"
	case len(strings.Fields(message)) < 3:
		return "its message is vague: " + message + "; say what is wrong, with what, and what to do"
	case !namesTarget(message, c):
		return "its message does not name the target: " + message
	default:
		return ""
	}
}

// namesTarget reports whether a message contains any part of what the probe was
// configured to check, or requested.
func namesTarget(message string, c *Case) bool {
	var names []string
	add := func(text string) {
		if u, err := url.Parse(text); err == nil && u.Host != "" {
			names = append(names, u.Host)
		}
		names = append(names, text)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			add(v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for k, e := range v {
				names = append(names, k)
				walk(e)
			}
		}
	}
	walk(c.Config)
	for _, e := range c.World.HTTP {
		add(e.URL)
	}
	for _, e := range c.World.Net {
		add(e.Address)
	}
	for _, q := range c.World.DNS {
		names = append(names, q.Name, q.Server)
	}
	for _, p := range c.World.ICMP {
		names = append(names, p.Host, p.Address)
	}
	for _, q := range c.World.SQL {
		names = append(names, q.Database)
	}
	for _, n := range names {
		if n = strings.TrimPrefix(n, "database."); len(n) >= 2 && strings.Contains(strings.ToLower(message), strings.ToLower(n)) {
			return true
		}
	}
	return len(names) == 0
}
