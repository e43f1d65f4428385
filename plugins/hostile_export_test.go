package plugins

// Without switches defences off, to show the harm that they keep away.
func (s *Sandbox) Without(check, rewrite bool) {
	s.without = defences{check: check, rewrite: rewrite}
}
