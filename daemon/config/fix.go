package config

// maxTries bounds how often Fix looks again: what is mended can show what stood
// behind it, and edits that can't be made together are tried apart.
const maxTries = 300

// Fixed is a file with the edits of its diagnostics made.
type Fixed struct {
	Path          string
	Before, After []byte
}

// Fix makes the edits that diagnostics have, as long as there are any, and
// returns the files that differ then and what is left to mend by hand. An edit
// that would leave more errors than it takes away is not made. Nothing is
// written.
func Fix(path string, o Options) ([]Fixed, Diagnostics) {
	out := &report{}
	s := readSources(path, out)
	s.host, s.port = o.Host, o.Port
	if out.errors > 0 { // a file that can't be read
		_, ds := s.decode(o, out)
		return nil, ds
	}
	original := s.files
	_, now := s.decode(o, &report{})
	for tries := maxTries; tries > 0; {
		next, ds := s.mended(o, now, now.editable(), &tries)
		if next == nil {
			break
		}
		s, now = next, ds
	}
	var fixed []Fixed
	for i, f := range s.files {
		if before := original[i].src; string(before) != string(f.src) {
			fixed = append(fixed, Fixed{f.name, before, f.src})
		}
	}
	return fixed, now
}

// mended is s with edits made: those of all diagnostics, or else of as many in
// a row as can be made together; nil if none can, or when there are no tries
// left.
func (s *sources) mended(o Options, now, editable Diagnostics, tries *int) (*sources, Diagnostics) {
	if len(editable) == 0 || *tries == 0 {
		return nil, nil
	}
	*tries--
	if next, ds := s.try(o, now, editable); next != nil || len(editable) == 1 {
		return next, ds
	}
	half := len(editable) / 2
	if next, ds := s.mended(o, now, editable[:half], tries); next != nil {
		return next, ds
	}
	return s.mended(o, now, editable[half:], tries)
}

func (s *sources) try(o Options, now, editable Diagnostics) (*sources, Diagnostics) {
	next := *s
	next.files = make([]*file, len(s.files))
	for i, f := range s.files {
		src, err := Apply(f.src, editable.editsIn(f.name))
		if err != nil {
			return nil, nil
		}
		next.files[i] = &file{name: f.name, dir: f.dir, order: f.order, src: src}
	}
	_, ds := next.decode(o, &report{})
	if ds.count(Error) > now.count(Error) || ds.of(Twice) > now.of(Twice) || ds.of(Syntax) > now.of(Syntax) {
		return nil, nil
	}
	return &next, ds
}
