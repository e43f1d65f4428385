package sqlite

import (
	"slices"
	"strings"

	"modernc.org/sqlite"
)

// pragmas lists the pragmas that return information and change nothing.
var pragmas = []string{
	"application_id", "data_version", "foreign_key_check", "freelist_count", "index_info", "index_list",
	"index_xinfo", "integrity_check", "journal_mode", "page_count", "page_size", "quick_check",
	"schema_version", "table_info", "table_list", "table_xinfo", "user_version",
}

// pragmasWithArgument lists those whose argument, a name or a number, selects
// what to return. The argument of any other pragma is a value to set.
var pragmasWithArgument = []string{
	"foreign_key_check", "index_info", "index_list", "index_xinfo", "integrity_check",
	"quick_check", "table_info", "table_list", "table_xinfo",
}

// authorize is SQLite's authorizer callback for the statements of probes: it
// allows reads only.
func authorize(action sqlite.AuthorizerActionCode, first, second, _, _ string) sqlite.AuthorizerReturnCode {
	allowed := false
	switch action {
	case sqlite.AuthSelect, sqlite.AuthRead, sqlite.AuthRecursive:
		allowed = true
	case sqlite.AuthFunction:
		name := strings.ToLower(second)
		allowed = name != "load_extension" && name != "fts3_tokenizer"
	case sqlite.AuthPragma:
		name := strings.ToLower(first)
		allowed = slices.Contains(pragmas, name) && (second == "" || slices.Contains(pragmasWithArgument, name))
	}
	if allowed {
		return sqlite.AuthorizerOK
	}
	return sqlite.AuthorizerDeny
}
