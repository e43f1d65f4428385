package schema

import "testing"

func TestEnvName(t *testing.T) {
	for _, c := range [][3]string{
		{"vega", "api_key", "VEGA_API_KEY"},
		{"vega_ci_key", "value", "VEGA_CI_KEY"},
		{"orders", "token", "ORDERS_TOKEN"},
		{"my-shop", "Api-Key", "MY_SHOP_API_KEY"},
		{"slack", "slack_token", "SLACK_TOKEN"},
		{"osint", "osint", "OSINT"},
	} {
		if got := VariableName(c[0], c[1]); got != c[2] {
			t.Errorf("%s of %s: %s, want %s", c[1], c[0], got, c[2])
		}
	}
}
