// Package query is the filter of the overview, as written into its address. The script
// assets/filter.js has the same rules; testdata/query.json has examples that both follow.
package query

import "strings"

// MaxLength is the length of the longest text that the pages accept, in bytes.
const MaxLength = 256

// Item is what a query looks at.
type Item struct {
	Name, Group, Probe, Status, Message string
}

// Query selects items. The zero Query selects all.
type Query struct{ terms []term }

// term is one condition. An item meets it if one of the values fits.
type term struct {
	not    bool
	field  string // "": a word
	values []string
}

// separators are what follows a value in texts that are below it: payments has payments/eu,
// and the plugin http has the probe http.get.
var separators = map[string]string{"group": "/", "probe": "."}

// Parse reads a query. An item must meet each of its terms:
//
//	word            in the name, group, probe or message
//	"two words"     likewise
//	status:un       the status begins with un
//	group:payments  the group is payments, or below it, such as payments/eu
//	probe:core      the probe is core, or one of the plugin core
//	group:pay*      * stands for any text
//	status:a,b      one of the values
//	-term           does not meet the term
//
// Upper and lower case are the same. There are no mistakes: a term without a value, which
// somebody may be typing, selects all.
func Parse(text string) Query {
	var q Query
	for rest := fold(text); ; {
		rest = strings.TrimLeft(rest, spaces)
		if rest == "" {
			return q
		}
		var t term
		rest, t.not = strings.CutPrefix(rest, "-")
		for _, field := range [...]string{"status", "group", "probe"} {
			if after, ok := strings.CutPrefix(rest, field+":"); ok {
				rest, t.field = after, field
				break
			}
		}
		if t.values, rest = value(rest, t.field); len(t.values) > 0 {
			q.terms = append(q.terms, t)
		}
	}
}

const spaces = " \t\r\n"

// value cuts the values of a term from a text. Quotes hold spaces and commas together.
func value(text, field string) (values []string, rest string) {
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		quoted, rest, _ = strings.Cut(quoted, `"`)
		return nonEmpty(quoted), rest
	}
	end := strings.IndexAny(text, spaces)
	if end < 0 {
		end = len(text)
	}
	text, rest = text[:end], text[end:]
	if field == "" {
		return nonEmpty(text), rest
	}
	return nonEmpty(strings.Split(text, ",")...), rest
}

func nonEmpty(all ...string) (out []string) {
	for _, s := range all {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// All reports whether the query selects all items.
func (q Query) All() bool { return len(q.terms) == 0 }

// Match reports whether the query selects an item.
func (q Query) Match(i Item) bool {
	if q.All() {
		return true
	}
	texts := map[string]string{"status": fold(i.Status), "group": fold(i.Group), "probe": fold(i.Probe)}
	texts[""] = strings.Join([]string{fold(i.Name), texts["group"], texts["probe"], fold(i.Message)}, "\n")
	for _, t := range q.terms {
		if t.meets(texts[t.field]) == t.not {
			return false
		}
	}
	return true
}

// meets reports whether one of the values fits a text.
func (t *term) meets(text string) bool {
	for _, v := range t.values {
		switch t.field {
		case "":
			if strings.Contains(text, v) {
				return true
			}
		case "status":
			if strings.HasPrefix(text, v) {
				return true
			}
		default:
			if glob(v, text) || strings.HasPrefix(text, v+separators[t.field]) {
				return true
			}
		}
	}
	return false
}

// glob reports whether a pattern, in which * stands for any text, fits a whole text.
func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	last := len(parts) - 1
	if last == 0 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	for _, part := range parts[1:last] {
		if ok {
			_, text, ok = strings.Cut(text, part)
		}
	}
	return ok && strings.HasSuffix(text, parts[last])
}

// fold makes upper and lower case the same, as toLowerCase does in a script.
func fold(s string) string {
	return strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(s, "İ", "i̇")), "ς", "σ")
}
