package profile

import (
	"slices"
	"strings"
)

// hideText replaces the words in double quotes that SQLite takes for text: those
// where an expression may stand, if no column has their name. It also returns
// the columns that the statement defines, and whether it hid a word.
func hideText(words []word, known func(string) bool) (shown []word, columns []string, hidden bool) {
	if !slices.ContainsFunc(words, doubleQuoted) && !defines(words) {
		return words, nil, false
	}
	names := map[string]bool{}
	r := nameReader{words: words}
	certain := make([]bool, len(words))
	for i, w := range words {
		certain[i] = w.kind == tokenQuoted && (!doubleQuoted(w) || r.certain(i))
		if w.kind == tokenWord || certain[i] {
			names[unquote(w.text)] = true
		}
		if r.column(i) {
			columns = append(columns, unquote(w.text))
		}
		r.step(i)
	}
	for i, w := range words {
		if !doubleQuoted(w) || certain[i] {
			continue
		}
		if name := unquote(w.text); !names[name] && (known == nil || !known(name)) {
			words[i], hidden = anyValue, true
		}
	}
	return words, columns, hidden
}

func doubleQuoted(w word) bool { return w.kind == tokenQuoted && w.text[0] == '"' }

// defines reports whether a statement may define columns.
func defines(words []word) bool {
	return len(words) > 1 && (words[0].is("create") || words[0].is("alter"))
}

// unquote returns a name in lower case.
func unquote(name string) string {
	if last := len(name) - 1; last > 0 {
		switch q := name[:1]; q {
		case `"`, "`":
			name = strings.ReplaceAll(name[1:last], q+q, q)
		case "[":
			name = name[1:last]
		}
	}
	return strings.ToLower(name)
}

// level is what is known of the words in one pair of brackets.
type level struct {
	clause  string // the last keyword that begins a part
	listed  bool   // every word is a name, as in USING (a, b)
	defined bool   // every part begins with a column's name, as in CREATE TABLE
}

// nameReader follows the structure of a statement as far as it shows which words
// are names.
type nameReader struct {
	words []word
	level level
	outer []level
}

func (r *nameReader) at(i int) word {
	if i < 0 || i >= len(r.words) {
		return word{kind: tokenMark}
	}
	return r.words[i]
}

// clauses lists the keywords that begin a part of a statement.
var clauses = map[string]bool{
	"select": true, "from": true, "join": true, "where": true, "on": true, "group": true, "order": true, "having": true, "limit": true,
	"set": true, "values": true, "into": true, "update": true, "table": true, "index": true, "returning": true, "using": true,
	"union": true, "except": true, "intersect": true, "with": true, "window": true, "conflict": true, "key": true, "unique": true,
	"references": true, "check": true, "default": true,
}

// namers lists the keywords before a name.
var namers = map[string]bool{
	"from": true, "join": true, "into": true, "update": true, "table": true, "index": true, "view": true, "trigger": true, "as": true,
	"references": true, "constraint": true, "collate": true, "savepoint": true, "to": true, "column": true, "add": true,
	"rename": true, "drop": true, "window": true, "indexed": true, "with": true, "recursive": true, "pragma": true, "reindex": true, "analyze": true,
}

// certain reports whether word i can only be a name.
func (r *nameReader) certain(i int) bool {
	before, after := r.at(i-1), r.at(i+1)
	first := i == 0 || before.is("(") || before.is(",")
	switch {
	case before.is("."), after.is("."), after.is("("), r.level.listed, r.level.defined && first:
		return true
	case before.is(",") && (r.level.clause == "from" || r.level.clause == "join"):
		return true
	case r.level.clause == "set" && (before.is("set") || before.is(",")) && after.is("="):
		return true
	case before.is("exists") && r.words[0].kind == tokenWord && !r.words[0].is("select"): // IF EXISTS
		return r.at(i-2).is("if") || r.at(i-2).is("not") && r.at(i-3).is("if")
	case before.is("from") && r.at(i-2).is("distinct"):
		return false
	case before.kind == tokenWord && namers[strings.ToLower(before.text)]:
		return !(before.is("into") && r.words[0].is("vacuum")) // a file
	case before.is("on"): // CREATE INDEX i ON "t" (…) was recognized by its bracket
		return r.words[0].is("create") && r.at(1).is("trigger")
	}
	return alias(before)
}

// alias reports whether a name after a word is its alias.
func alias(before word) bool {
	switch before.kind {
	case tokenValue, tokenQuoted:
		return true
	case tokenWord:
		return !begins[strings.ToLower(before.text)]
	}
	return before.is(")") || before.is("]")
}

// begins lists the keywords that an expression may follow in SQLite.
var begins = map[string]bool{
	"all": true, "always": true, "and": true, "between": true, "by": true, "case": true, "default": true, "distinct": true, "else": true,
	"escape": true, "exists": true, "filter": true, "glob": true, "group": true, "having": true, "in": true, "is": true, "isnull": true,
	"key": true, "like": true, "limit": true, "match": true, "not": true, "notnull": true, "offset": true, "on": true, "or": true,
	"over": true, "raise": true, "regexp": true, "returning": true, "select": true, "set": true, "then": true, "union": true,
	"values": true, "when": true, "where": true, "into": true, "attach": true, "database": true, "detach": true, "explain": true,
	"plan": true, "replace": true, "insert": true, "delete": true, "primary": true, "unique": true, "check": true, "order": true,
}

// column reports whether word i is the name of a column that the statement
// defines.
func (r *nameReader) column(i int) bool {
	w, before := r.at(i), r.at(i-1)
	if w.kind != tokenWord && w.kind != tokenQuoted || !defines(r.words) {
		return false
	}
	added := r.words[0].is("alter") && (before.is("column") || before.is("add") || before.is("to")) && !w.is("column")
	return added || r.level.defined && (before.is("(") || before.is(","))
}

// step moves past word i.
func (r *nameReader) step(i int) {
	w := r.words[i]
	switch {
	case w.is("("):
		r.outer = append(r.outer, r.level)
		r.level = r.inside(i)
	case w.is(")") && len(r.outer) > 0:
		r.level = r.outer[len(r.outer)-1]
		r.outer = r.outer[:len(r.outer)-1]
	case w.is(";"):
		r.level, r.outer = level{}, nil
	case w.kind == tokenWord && clauses[strings.ToLower(w.text)] && !r.at(i-1).is("."):
		r.level.clause = strings.ToLower(w.text)
	}
}

// inside describes the words after the bracket at i.
func (r *nameReader) inside(i int) level {
	before, clause := r.at(i-1), r.level.clause
	named := before.kind == tokenQuoted || before.kind == tokenWord && !begins[strings.ToLower(before.text)]
	switch {
	case clause == "table" && named && len(r.outer) == 1 && r.words[0].is("create"):
		return level{defined: true}
	case clause == "into" && named, clause == "with" && named && !before.is("as"), clause == "references" && named,
		before.is("using"), before.is("key"), before.is("unique"), before.is("conflict"), before.is("set"):
		return level{listed: true}
	case clause == "on" && named && r.words[0].is("create"), clause == "index" && named:
		return level{defined: true} // an expression, or a column
	case clause == "from" || clause == "join":
		return level{clause: clause} // a join in brackets
	}
	return level{}
}
