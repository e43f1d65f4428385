package sqlite

// Migration adds one to those there are.
func Migration(script string, rewrites bool) Option {
	return func(s *settings) {
		s.schema = append(s.schema[:len(s.schema):len(s.schema)], migration{script, rewrites})
	}
}

// ForgetConnections makes the next write open the file.
func (s *Store) ForgetConnections() {
	s.write.SetMaxIdleConns(-1)
	s.write.SetMaxIdleConns(1)
}
