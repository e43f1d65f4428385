package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
)

// pairs returns some random pairs of faults.
func pairs(of []fault, n int) (list []fault) {
	for tries := 0; len(list) < n && tries < 100*n; tries++ {
		if f, ok := pair(of[rand.N(len(of))], of[rand.N(len(of))]); ok {
			list = append(list, f)
		}
	}
	return list
}

// pairOf returns the pair that a name such as "stop~full/tmpfs" stands for.
func pairOf(name string) (fault, error) {
	var of []fault
	for part := range strings.SplitSeq(name, "~") {
		for _, f := range all() {
			if f.name == part {
				of = append(of, f)
			}
		}
	}
	if len(of) == 2 {
		if f, ok := pair(of[0], of[1]); ok {
			return f, nil
		}
	}
	return fault{}, fmt.Errorf("%q is not a pair of faults that can happen together", name)
}

// pair makes one fault of two: the second begins in the first and ends before it. Faults of
// one group take the same thing away, and some faults need a world of their own.
func pair(a, b fault) (fault, bool) {
	group := func(f fault) string { name, _, _ := strings.Cut(f.name, "/"); return name }
	for _, f := range []fault{a, b} {
		if f.whole != nil || f.stays || f.quiet {
			return fault{}, false
		}
	}
	if group(a) == group(b) || a.place != ordinary && b.place != ordinary && a.place != b.place {
		return fault{}, false
	}
	f := a
	f.name, f.what = a.name+"~"+b.name, a.what+"; and "+b.what
	f.needs = append(append([]need{}, a.needs...), b.needs...)
	f.place = max(a.place, b.place)
	f.routed, f.named, f.both = a.routed || b.routed, a.named || b.named, a.both || b.both
	f.least = max(a.least, b.least)
	f.storage, f.harmless, f.destroys = a.storage || b.storage, true, a.destroys || b.destroys
	f.mute, f.killed, f.timeouts = a.mute || b.mute, a.killed || b.killed, a.timeouts || b.timeouts
	f.brief, f.fewer = true, true // what is said of one may be lost by the other
	var states [2]any
	f.begin = func(ctx context.Context, t *trial) error {
		err := a.begin(ctx, t)
		states[0] = t.state
		if err != nil {
			return err
		}
		if err := b.begin(ctx, t); err != nil {
			t.result.facts = append(t.result.facts, fmt.Sprintf("%s can't happen to it: %v", b.name, err))
			b.end = nil
		}
		states[1] = t.state
		return nil
	}
	f.end = func(ctx context.Context, t *trial) (err error) {
		for n, f := range []fault{b, a} {
			t.state = states[1-n]
			if f.end != nil {
				err = errors.Join(err, f.end(ctx, t))
			}
		}
		return err
	}
	return f, true
}
