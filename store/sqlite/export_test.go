package sqlite

// SchemaVersion returns the version of the newest schema.
func SchemaVersion() int { return len(migrations) }

// Migration appends a migration.
func Migration(script string, rewrites bool) Option {
	return func(s *settings) {
		s.schema = append(s.schema[:len(s.schema):len(s.schema)], migration{script, rewrites})
	}
}

// ForgetConnections makes the next write open the file again.
func (s *Store) ForgetConnections() {
	s.write.SetMaxIdleConns(-1)
	s.write.SetMaxIdleConns(1)
}
