// The plugin hostile; plugin.hcl describes it.
package main

import (
	"strings"

	"vega/sdk"
)

const mark = `"'></title></script><script>pwned=1</script><img src=x onerror=pwned=1><svg onload=pwned=1>`

func init() {
	sdk.Probe("all", all)
	sdk.Probe("odd", odd)
}

func main() {} // never called: the host calls the probe

// all puts markup into everything that a probe reports.
func all(r *sdk.Run) sdk.Result {
	r.Detail(mark, mark)
	r.Detail("link", "javascript:pwned=1")
	r.Metric("<script>pwned=1</script>", 1, "<img src=x onerror=pwned=1>")
	r.Metric("plain", 2, "ms")
	r.Error(mark)
	return sdk.Unhealthy(mark)
}

// odd reports text that is long, has no spaces, is not UTF-8, or changes the direction of
// what follows.
func odd(r *sdk.Run) sdk.Result {
	for n := range 64 {
		r.Detail(strings.Repeat("n", n+1), strings.Repeat("w", 4000))
	}
	r.Detail("direction", "\u202etxt.exe\u2066\u200f")
	r.Detail("controls", "\x00\x1b[31mred\x07\r\n\x7f")
	r.Detail("bytes", "\xff\xfe")
	for n := range 64 {
		r.Metric("metric_with_a_long_name_"+strings.Repeat("x", n), float64(n)*1e300, strings.Repeat("u", 40))
	}
	return sdk.Degraded(strings.Repeat("\u202eW", 3000) + strings.Repeat("\n", 50))
}
