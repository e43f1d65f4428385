//go:build !linux

package diagnostics

// waiting tells nothing: only Linux counts who waited for a processor.
func (s *system) waiting() func() waited { return func() waited { return waited{} } }
