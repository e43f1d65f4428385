package profile

// Normalize returns a query as Stats shows it, shortened and with ? for every
// value. The fingerprint is equal for queries that differ only in values, and
// the same in every process.
func Normalize(query string, dialect Dialect) (statement, fingerprint string) {
	n := normalize(query, dialect)
	return n.statement, n.fingerprint
}
