package profile

// Normalize returns a query as Stats shows it, shortened and with ? for every
// value. The fingerprint is equal for queries that differ only in values, and
// the same in every process. In SQLite, "x" is text if there is no column of that
// name; here it counts as text unless the query shows that it is a name.
func Normalize(query string, dialect Dialect) (statement, fingerprint string) {
	n := normalize(query, dialect, nil)
	return n.statement, n.fingerprint
}
