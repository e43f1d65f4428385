package profile

import (
	"slices"
	"strings"
)

// hideSettings replaces the values of settings by ?, because a bare word there
// can be a value and not a name: SET app.tenant = acme, PRAGMA key = acme.
func hideSettings(words []word, dialect Dialect) []word {
	hide := hideSetting
	switch dialect {
	case MySQL:
		return words
	case SQLite:
		hide = hidePragma
	}
	hidden := make([]word, 0, len(words))
	for len(words) > 0 {
		end := slices.IndexFunc(words, func(w word) bool { return w.is(";") })
		if end < 0 {
			return hide(hidden, words)
		}
		hidden = append(hide(hidden, words[:end]), words[end])
		words = words[end+1:]
	}
	return hidden
}

var anyValue = word{tokenValue, "?"}

// hideSetting appends a statement of PostgreSQL, with ? for the value of a
// setting.
func hideSetting(to, statement []word) []word {
	value := settingValue(statement)
	if value == 0 || value == len(statement) {
		return append(to, statement...)
	}
	return append(append(to, statement[:value]...), anyValue)
}

// settingValue returns where the value begins in SET name = value, also inside
// ALTER and CREATE FUNCTION, as in ALTER ROLE name SET name TO value. It
// returns 0 for other statements.
func settingValue(statement []word) int {
	if len(statement) == 0 || !statement[0].is("set") && !statement[0].is("alter") && !definesFunction(statement) {
		return 0
	}
	for i, w := range statement {
		if w.is("set") {
			if value := valueAfter(statement, i+1); value > 0 {
				return value
			}
		}
	}
	return 0
}

func definesFunction(statement []word) bool {
	return statement[0].is("create") && slices.ContainsFunc(statement[:min(len(statement), 4)], func(w word) bool {
		return w.is("function") || w.is("procedure")
	})
}

// valueAfter returns where the value of the setting begins whose name begins at
// i, or 0.
func valueAfter(statement []word, i int) int {
	for ; i < len(statement); i++ {
		switch w := statement[i]; {
		case w.is("=") || w.is("to"):
			return i + 1
		case w.kind > tokenQuoted && !w.is("."):
			return 0
		}
	}
	return 0
}

// namePragmas lists the pragmas whose argument is the name of a table or index.
var namePragmas = map[string]bool{
	"table_info": true, "table_xinfo": true, "table_list": true, "index_list": true, "index_info": true,
	"index_xinfo": true, "foreign_key_list": true, "foreign_key_check": true, "integrity_check": true, "quick_check": true,
}

// hidePragma appends a statement of SQLite, with ? for the value of a pragma
// and for the file and key of a database.
func hidePragma(to, statement []word) []word {
	find := func(text string) int {
		return slices.IndexFunc(statement, func(w word) bool { return w.is(text) })
	}
	for len(statement) > 0 && (statement[0].is("explain") || statement[0].is("query") || statement[0].is("plan")) {
		to, statement = append(to, statement[0]), statement[1:]
	}
	if len(statement) == 0 {
		return to
	}
	switch first := statement[0]; {
	case first.is("pragma"):
		at := slices.IndexFunc(statement, func(w word) bool { return w.is("=") || w.is("(") })
		switch {
		case at < 1 || at+1 == len(statement):
		case statement[at].is("="):
			return append(append(to, statement[:at+1]...), anyValue)
		case !namePragmas[strings.ToLower(statement[at-1].text)]:
			return append(append(to, statement[:at+1]...), anyValue, word{tokenMark, ")"})
		}
	case first.is("vacuum"):
		if into := find("into"); into > 0 && into+1 < len(statement) {
			return append(append(to, statement[:into+1]...), anyValue)
		}
	case first.is("attach"):
		return hideAttached(to, statement, find("as"), find("key"))
	}
	return append(to, statement...)
}

// hideAttached appends ATTACH file AS name KEY key.
func hideAttached(to, statement []word, as, key int) []word {
	if as < 0 {
		return append(append(to, statement[0]), anyValue)
	}
	to = append(to, statement[0], anyValue)
	if key < as {
		return append(to, statement[as:]...)
	}
	to = append(to, statement[as:key+1]...)
	return append(to, anyValue)
}
