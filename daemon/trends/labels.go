package trends

import (
	"fmt"
	"strings"

	"vega/store"
)

// ParseLabels reads labels as {state="open",region="eu"}, or as state=open,region=eu with
// values that need no quotes. In quotes, a backslash stands before a quote, a backslash or
// the n of a line break. The error is a *store.InvalidError.
func ParseLabels(text string) (map[string]string, error) {
	rest := strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(rest, "{"); ok {
		if rest, ok = strings.CutSuffix(inner, "}"); !ok {
			return nil, badLabels(text)
		}
	}
	all := map[string]string{}
	for rest = strings.TrimSpace(rest); rest != ""; {
		name, after, ok := strings.Cut(rest, "=")
		name = strings.TrimSpace(name)
		value, left, valid := cutValue(strings.TrimLeft(after, " "))
		if _, twice := all[name]; !ok || !valid || twice || name == "" || strings.ContainsAny(name, "{},\"\\") {
			return nil, badLabels(text)
		}
		all[name] = value
		left = strings.TrimLeft(left, " ")
		if rest, ok = strings.CutPrefix(left, ","); !ok && left != "" {
			return nil, badLabels(text)
		}
		rest = strings.TrimSpace(rest)
	}
	return all, nil
}

func badLabels(text string) error {
	return &store.InvalidError{Field: "labels", Reason: fmt.Sprintf("%q is not a list of labels such as state=open,region=eu, or {state=\"open\"}", text)}
}

// cutValue reads the value of a label, in quotes or up to the next comma.
func cutValue(text string) (value, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexByte(text, ',')
		if end < 0 {
			end = len(text)
		}
		value = strings.TrimSpace(text[:end])
		return value, text[end:], !strings.ContainsAny(value, `"{}\`)
	}
	var b strings.Builder
	for n := 1; n < len(text); n++ {
		switch c := text[n]; {
		case c == '"':
			return b.String(), text[n+1:], true
		case c != '\\':
			b.WriteByte(c)
		case n+1 == len(text):
			return "", "", false
		default:
			if n++; text[n] == 'n' {
				b.WriteByte('\n')
			} else {
				b.WriteByte(text[n])
			}
		}
	}
	return "", "", false
}

// selects reports whether labels include all of those wanted.
func selects(wanted, labels map[string]string) bool {
	for name, value := range wanted {
		if has, ok := labels[name]; !ok || has != value {
			return false
		}
	}
	return true
}
