package profile

import "strings"

// session describes what a query has to do with the state of its connection.
type session uint8

const (
	// sessionChanges is set if names may mean other tables afterwards, on this
	// connection only.
	sessionChanges session = 1 << iota
	// sessionReads is set if the query reads what the connection remembers.
	sessionReads
)

// rememberings lists the functions that return what a connection remembers.
var rememberings = map[string]bool{
	"changes": true, "connection_id": true, "current_setting": true, "currval": true, "database": true, "found_rows": true,
	"last_insert_id": true, "last_insert_rowid": true, "lastval": true, "pg_backend_pid": true, "row_count": true,
	"schema": true, "set_config": true, "total_changes": true,
}

// sessionOf finds what the statements of a query have to do with the state of
// the connection, as far as the text shows it.
func sessionOf(words []word) session {
	var s session
	first := ""
	for i, w := range words {
		next := word{}
		if i+1 < len(words) {
			next = words[i+1]
		}
		if w.is(";") {
			first = ""
			continue
		}
		if w.kind != tokenWord {
			continue
		}
		name := strings.ToLower(w.text)
		if first == "" {
			first = name
		}
		if name[0] == '@' || next.is("(") && rememberings[name] {
			s |= sessionReads
		}
		if changesNames(first, name, next) {
			s |= sessionChanges
		}
	}
	return s
}

// changesNames reports whether a word of a statement, which begins with first,
// changes which tables names refer to.
func changesNames(first, name string, next word) bool {
	switch name {
	case "set_config":
		return next.is("(")
	case "search_path", "role", "authorization", "schema":
		return first == "set" || first == "reset"
	case "temp", "temporary":
		return first == "create" || first == "select" || first == "with"
	case "use", "attach", "detach", "discard", "begin", "start", "deallocate":
		return first == name && (name != "begin" && name != "start" || next.is(";"))
	case "transaction", "work":
		return (first == "begin" || first == "start") && next.is(";")
	case "all":
		return first == "reset"
	}
	return false
}
