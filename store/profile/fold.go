package profile

import "strings"

// fold replaces what may stand in place of a literal by ?: NULL, TRUE and
// FALSE, DEFAULT in a row, and a literal with its sign. Otherwise one INSERT of
// eight columns would be thousands of statements.
func fold(words []word) []word {
	folded := words[:0] // shares the array: writing never overtakes reading
	for i, w := range words {
		next := word{}
		if i+1 < len(words) {
			next = words[i+1]
		}
		if w.kind == tokenWord && constant(folded, w, next) {
			w = anyValue
		}
		if w.kind == tokenValue {
			folded = unsigned(folded)
		}
		folded = append(folded, w)
	}
	return folded
}

// constant reports whether w, between before and next, stands for a literal.
func constant(before []word, w, next word) bool {
	if next.is(".") || next.is("(") {
		return false
	}
	switch strings.ToLower(w.text) {
	case "default":
		return len(before) > 0 && (before[len(before)-1].is("(") || before[len(before)-1].is(",")) && (next.is(",") || next.is(")"))
	case "null", "true", "false":
		return expectsOperand(before)
	}
	return false
}

// unsigned removes the signs at the end of words that belong to a literal.
func unsigned(words []word) []word {
	for n := len(words) - 1; n >= 0 && (words[n].is("-") || words[n].is("+")) && expectsOperand(words[:n]); n-- {
		words = words[:n]
	}
	return words
}

// expectsOperand reports whether words end where an expression begins.
func expectsOperand(words []word) bool {
	if len(words) == 0 {
		return true
	}
	last := words[len(words)-1]
	switch last.kind {
	case tokenWord:
		before := word{}
		if len(words) > 1 {
			before = words[len(words)-2]
		}
		return !before.is(".") && leads[strings.ToLower(last.text)]
	case tokenOperator:
		return true
	case tokenMark:
		return last.is("(") || last.is("[") || last.is(",")
	}
	return false
}

// leads lists the keywords that an expression may follow. IS and SET are not
// among them: IS NULL and SET NULL are not values.
var leads = map[string]bool{
	"all": true, "and": true, "any": true, "between": true, "by": true, "case": true, "distinct": true, "div": true, "else": true,
	"escape": true, "from": true, "glob": true, "having": true, "ilike": true, "in": true, "interval": true, "like": true,
	"limit": true, "match": true, "mod": true, "offset": true, "on": true, "or": true, "regexp": true, "return": true,
	"returning": true, "rlike": true, "select": true, "similar": true, "then": true, "to": true, "top": true,
	"values": true, "when": true, "where": true, "xor": true,
}
