package profile

// Normalize is a query as Stats shows it: with ? for every value, and short.
// The fingerprint tells queries of one kind, the same in every process.
func Normalize(query string, dialect Dialect) (statement, fingerprint string) {
	n := normalize(query, dialect)
	return n.statement, n.fingerprint
}
