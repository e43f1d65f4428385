package message

import (
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"vega/policies/check"
	"vega/policies/incident"
)

// MaxField limits each text in a message, in bytes.
const MaxField = 1 << 10

// maxMarks limits the combining characters in a row. Some scripts need three; a hundred
// cover the lines above and below.
const maxMarks = 3

// Clean makes a text of unknown origin safe to show: one line of valid UTF-8, at most
// MaxField bytes, without control, formatting and invisible characters.
func Clean(s string) string { return clean(s, MaxField) }

func clean(s string, limit int) string {
	const ellipsis = len("…")
	if len(s) > 8*limit {
		s = s[:8*limit] // the rest could not be shown anyway
	}
	marks := 0
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
			if marks++; marks > maxMarks || invisible(r) {
				return -1
			}
			return r
		case invisible(r):
			return -1
		}
		marks = 0
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, check.OneLine(s))
	s = strings.TrimSpace(s)
	if len(s) <= limit {
		return s
	}
	return check.Clip(s, limit-ellipsis)
}

// invisible reports whether a character that is not a control or formatting character
// takes no visible space, or has no meaning.
func invisible(r rune) bool {
	switch {
	case r == 0x034F, r == 0x115F, r == 0x1160, r == 0x2800, r == 0x3164, r == 0xFFA0: // joiner and fillers
		return true
	case r >= 0x17B4 && r <= 0x17B5, r >= 0x180B && r <= 0x180F, r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0000 && r <= 0xE0FFF: // inherent vowels, variation selectors, tags
		return true
	case r&0xFFFE == 0xFFFE, r >= 0xFDD0 && r <= 0xFDEF: // not characters
		return true
	default:
		return unicode.Is(unicode.Co, r) // private use: an icon in one font, nothing in another
	}
}

// maxURL limits a URL that is shown as a link, in bytes.
const maxURL = 1 << 10

// safeURL returns a URL in a form without any character that markup could interpret, or ""
// if it is not an absolute http or https URL.
func safeURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || len(raw) > maxURL {
		return ""
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(u.String()) {
		if c > ' ' && c < 0x7f && !strings.ContainsRune("<>()[]{}|\\^`\"'*~", rune(c)) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// CleanNotice returns a notice for a service that takes data: with every text cleaned,
// and the evidence bounded.
func CleanNotice(n incident.Notice) incident.Notice {
	i := &n.Incident
	i.Summary, i.Group = Clean(i.Summary), Clean(i.Group)
	i.Subject.Name, i.Subject.Instance = Clean(i.Subject.Name), Clean(i.Subject.Instance)
	i.Alerts = cleanList(i.Alerts)
	i.Runbook, n.Link = safeURL(i.Runbook), safeURL(n.Link)
	if i.Acknowledged != nil {
		a := *i.Acknowledged
		a.By, a.Comment = Clean(a.By), Clean(a.Comment)
		i.Acknowledged = &a
	}
	e := &i.Evidence
	e.Now, e.LastGood = cleanObservation(e.Now), cleanObservation(e.LastGood)
	e.Below, e.Strain, e.Queries = cleanList(e.Below), cleanList(e.Strain), cleanList(e.Queries)
	e.Config, e.Bound = Clean(e.Config), Clean(e.Bound)
	n.Below, n.Note, n.Alert = cleanList(n.Below), Clean(n.Note), Clean(n.Alert)
	return n
}

func cleanList(all []string) []string {
	out := make([]string, 0, min(len(all), incident.MaxNames))
	for _, s := range all[:min(len(all), incident.MaxNames)] {
		out = append(out, Clean(s))
	}
	return out
}

func cleanObservation(o *incident.Observation) *incident.Observation {
	if o == nil {
		return nil
	}
	c := *o
	c.Message, c.Value, c.CorrelationID = Clean(c.Message), Clean(c.Value), Clean(c.CorrelationID)
	c.Details = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(o.Details))[:min(len(o.Details), incident.MaxNames)] {
		c.Details[Clean(name)] = Clean(o.Details[name])
	}
	c.Metrics = slices.Clone(o.Metrics[:min(len(o.Metrics), incident.MaxNames)])
	for i := range c.Metrics {
		m := &c.Metrics[i]
		m.Name, m.Unit = Clean(m.Name), Clean(m.Unit)
		if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
			m.Value = 0 // JSON has no such number
		}
	}
	return &c
}
