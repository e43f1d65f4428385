package jsonpath

// finder scans a text for one path.
type finder struct {
	scanner
	steps []Step
	from  int     // where the scan began
	base  int     // steps that led to the start of the scan
	open  []level // the lists and objects on the path, from the start of the scan
	marks []mark  // where each step led

	answer Value
	twice  error // a key of the path is duplicate
	keys   keys
}

// level is a list or object that the path leads into.
type level struct {
	object  bool
	at      bool // positioned at a member's value rather than before it
	matched bool
	want    int // index of the wanted element, or -1
	seen    int // members so far
}

// read finds the value. It checks all of an untrusted input, but reads a
// trusted one only as far as the result can depend on it.
func (f *finder) read() error {
	if len(f.open) == 0 {
		if err := f.begin(); err != nil {
			return err
		}
	}
	for len(f.open) > 0 && !f.settled() {
		if err := f.member(); err != nil {
			return err
		}
	}
	if f.trusted {
		return nil
	}
	return f.end()
}

func (f *finder) begin() error {
	if err := f.space(); err != nil {
		return err
	}
	f.from = f.i
	return f.enter()
}

// member advances to the next member of the innermost level, or leaves the
// level.
func (f *finder) member() error {
	l := &f.open[len(f.open)-1]
	more, err := f.next(l)
	if err != nil {
		return err
	}
	if !more {
		return f.leave(l)
	}
	onPath, err := f.isOnPath(l)
	switch {
	case err != nil:
		return err
	case onPath:
		return f.enter()
	default:
		return f.skip()
	}
}

// next reads up to the next member's value; it returns false at the end of the
// level.
func (f *finder) next(l *level) (bool, error) {
	if l.at {
		l.at = false
		l.seen++
		return true, nil
	}
	more, err := f.another(l.object, l.seen == 0)
	if more {
		l.seen++
	}
	return more, err
}

// isOnPath reports whether the path leads into the next member.
func (f *finder) isOnPath(l *level) (bool, error) {
	step := f.steps[f.base+len(f.open)-1]
	switch {
	case !l.object:
		return l.seen-1 == l.want, nil
	case step.Command == '@':
		return false, f.keys.add(f.key.from, f.key.from+len(f.key.raw), f.host)
	case step.Command != 0 || !f.key.is(step.Key):
		return false, nil
	case l.matched:
		f.repeated(step.Key)
		return false, nil
	}
	return true, nil
}

// repeated records a duplicate key, so that nothing below it is found later
// without passing through here.
func (f *finder) repeated(key string) {
	if f.twice == nil {
		f.twice = &DuplicateError{key}
	}
	f.marks = f.marks[:f.base+len(f.open)-1]
}

// enter reads a value on the path: it is the result, or contains it, or ends
// the path.
func (f *finder) enter() error {
	if n := len(f.open); n > 0 {
		l := &f.open[n-1]
		l.matched = true
		f.marks = append(f.marks, mark{child: f.i, index: l.seen - 1})
	}
	switch depth := f.base + len(f.open); {
	case depth == len(f.steps):
		return f.take()
	case depth == len(f.steps)-1 && f.steps[depth].AsksType():
		err := f.take()
		f.answer = typeOf(f.answer)
		return err
	}
	if c := f.peek(); c != '{' && c != '[' {
		return f.skip()
	}
	if f.base+len(f.open) >= MaxDepth {
		return ErrDepth
	}
	f.push()
	f.i++
	return nil
}

// push opens the level that begins here.
func (f *finder) push() {
	l := level{object: f.peek() == '{', want: -1}
	if i, ok := f.steps[f.base+len(f.open)].Index(); ok {
		l.want = i
	}
	f.open = append(f.open, l)
	f.depth = f.base + len(f.open)
}

// take reads the result.
func (f *finder) take() error {
	begin := f.i
	if err := f.skip(); err != nil {
		return err
	}
	f.answer = valueOf(f.b[begin:f.i])
	return nil
}

// leave closes the innermost level. A last step may ask for its number of keys,
// or for one of them.
func (f *finder) leave(l *level) error {
	last := f.base + len(f.open)
	step := f.steps[last-1]
	if last == len(f.steps) {
		if step.Counts() {
			f.answer = Value{kind: number, count: l.seen}
		}
		if n, ok := step.Nth(); ok && l.object {
			if err := f.nthKey(n); err != nil {
				return err
			}
		}
	}
	f.open = f.open[:len(f.open)-1]
	f.depth = f.base + len(f.open)
	return nil
}

// nthKey returns the n-th key in order.
func (f *finder) nthKey(n int) error {
	raw, twice, ok, err := f.keys.nth(n, f.host)
	switch {
	case err != nil || !ok:
		return err
	case twice:
		f.twice = &DuplicateError{key{raw: raw}.text()}
	default:
		f.answer = Value{kind: text, raw: raw}
	}
	return nil
}

// settled reports whether the rest of a trusted input cannot change the result:
// only an object may still contain a key of the path again.
func (f *finder) settled() bool {
	if !f.trusted {
		return false
	}
	for _, l := range f.open {
		if l.object || !l.matched {
			return false
		}
	}
	return true
}
