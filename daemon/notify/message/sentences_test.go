package message

import "testing"

func TestSentencesAreNotJoinedBySemicolons(t *testing.T) {
	for want, all := range map[string][]string{
		"":                      nil,
		"one; two":              {"one", "two"},
		"The disk is full. two": {"The disk is full.", "two"},
	} {
		if got := sentences(all); got != want {
			t.Errorf("%q is joined to %q, want %q", all, got, want)
		}
	}
}
