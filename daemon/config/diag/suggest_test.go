package diag

import "testing"

func TestNearest(t *testing.T) {
	for _, c := range []struct{ written, want string }{
		{"prot", "port"}, {"hots", "host"}, {"api_kye", "api_key"}, {"ab", ""}, {"Port", "port"}, {"totally", ""},
	} {
		if got := Nearest(c.written, []string{"host", "port", "api_key", "xy"}); got != c.want {
			t.Errorf("nearest to %q is %q, not %q", c.written, got, c.want)
		}
	}
}

// TestNoFarSuggestion checks that a different name is not a misspelling.
func TestNoFarSuggestion(t *testing.T) {
	for written, want := range map[string]string{
		"expect_statsu": "expect_status", "expcet_status": "expect_status", "url_": "url", "expected_code": "", "status": "", "bdoy": "body", "ur": "",
	} {
		if got := Nearest(written, []string{"expect_body", "expect_status", "body", "url"}); got != want {
			t.Errorf("%s: %q, want %q", written, got, want)
		}
	}
}
