package cron

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Schedule is a parsed schedule.
type Schedule struct {
	text                         string
	minutes, hours, days, months uint64 // a bit for each number
	weekdays                     uint64 // 0 is Sunday
	wildcard                     bool   // the minute or the hour begins with *
	anyDay                       bool   // the day of the month or of the week begins with *
}

// String returns the schedule as it was written, with single spaces.
func (s *Schedule) String() string { return s.text }

// shorthands are the names that stand for five fields.
var shorthands = map[string]string{
	"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
	"@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}

// Parse parses five fields (minute, hour, day of the month, month, day of the week) or
// one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually. The error
// says which field is wrong, and what it can be.
func Parse(text string) (*Schedule, error) {
	fields := strings.Fields(text)
	s := &Schedule{text: strings.Join(fields, " ")}
	if len(fields) == 1 && strings.HasPrefix(fields[0], "@") {
		full, ok := shorthands[strings.ToLower(fields[0])]
		if !ok {
			return nil, unknownName(fields[0])
		}
		fields = strings.Fields(full)
	}
	if len(fields) != 5 {
		return nil, fmt.Errorf("it needs 5 fields, not %d: minute, hour, day of the month, month and day of the week", len(fields))
	}
	for n, into := range []*uint64{&s.minutes, &s.hours, &s.days, &s.months, &s.weekdays} {
		var err error
		if *into, err = parts[n].parse(fields[n]); err != nil {
			return nil, err
		}
	}
	s.weekdays = (s.weekdays | s.weekdays>>7) & (1<<7 - 1) // 7 is Sunday, too
	star := func(n int) bool { return fields[n][0] == '*' }
	s.wildcard, s.anyDay = star(0) || star(1), star(2) || star(4)
	return s, nil
}

func unknownName(name string) error {
	switch strings.ToLower(name) {
	case "@reboot":
		return errors.New("@reboot has no time; use @daily or five fields")
	case "@every":
		return errors.New("@every is not supported; use interval")
	default:
		return errors.New("the name does not exist; use @hourly, @daily, @weekly, @monthly or @yearly, or five fields")
	}
}

// part is one of the five fields.
type part struct {
	name     string
	min, max int
	names    []string // of the numbers from min on; nil: none
}

var parts = [5]part{
	{"minute", 0, 59, nil},
	{"hour", 0, 23, nil},
	{"day of the month", 1, 31, nil},
	{"month", 1, 12, []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{"day of the week", 0, 7, []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

// parse returns the numbers of a field: a list of *, N, N-M, each with an optional /STEP.
func (p part) parse(field string) (set uint64, err error) {
	for item := range strings.SplitSeq(field, ",") {
		one, err := p.item(item)
		if err != nil {
			return 0, fmt.Errorf("the %s %q is not valid: %w", p.name, clip(field), err)
		}
		set |= one
	}
	return set, nil
}

func (p part) item(item string) (uint64, error) {
	span, step, stepped := strings.Cut(item, "/")
	from, to, err := p.span(span, stepped)
	if err != nil {
		return 0, err
	}
	every := 1
	if stepped {
		if every, err = number(step); err != nil || every < 1 || every > p.max {
			return 0, fmt.Errorf("the step %q is not between 1 and %d", clip(step), p.max)
		}
	}
	var set uint64
	for n := from; n <= to; n += every {
		set |= 1 << n
	}
	return set, nil
}

// span returns the first and the last number of *, N or N-M. A single number with a step
// begins a span that lasts to the end.
func (p part) span(text string, stepped bool) (from, to int, err error) {
	if text == "*" {
		return p.min, p.last(), nil
	}
	first, last, isSpan := strings.Cut(text, "-")
	if from, err = p.number(first); err != nil {
		return 0, 0, err
	}
	switch {
	case isSpan:
		to, err = p.number(last)
	case stepped:
		to = p.last()
	default:
		to = from
	}
	if err == nil && to < from {
		err = fmt.Errorf("%q ends before it begins", clip(text))
	}
	return from, to, err
}

// last returns the highest number, without the 7 that is another 0.
func (p part) last() int {
	if p.max == 7 {
		return 6
	}
	return p.max
}

func (p part) number(text string) (int, error) {
	for n, name := range p.names {
		if strings.EqualFold(name, text) {
			return p.min + n, nil
		}
	}
	n, err := number(text)
	if err == nil && n >= p.min && n <= p.max {
		return n, nil
	}
	names := ""
	if p.names != nil {
		names = fmt.Sprintf(", or %s to %s", p.names[0], p.names[len(p.names)-1])
	}
	return 0, fmt.Errorf("%q is not one of %d to %d%s; lists, ranges such as 1-5 and steps such as */10 are possible", clip(text), p.min, p.max, names)
}

// number parses digits, without a sign.
func number(text string) (int, error) {
	if text == "" || len(text) > 4 || strings.Trim(text, "0123456789") != "" {
		return 0, errors.New("not a number")
	}
	return strconv.Atoi(text)
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// each calls f with each number in a set, in order, until f returns true. It reports
// whether f did.
func each(set uint64, f func(n int) bool) bool {
	for ; set != 0; set &= set - 1 {
		if f(bits.TrailingZeros64(set)) {
			return true
		}
	}
	return false
}
