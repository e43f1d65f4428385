package console

import (
	"strings"
	"testing"

	"vega/daemon/engine"
	"vega/policies/check"
)

func TestTableAlignsAndWraps(t *testing.T) {
	t.Parallel()
	var tab table
	tab.row("   STATUS", "NAME", "MESSAGE")
	tab.row("✅ healthy", "a", "fine")
	tab.row("🟡 degraded", "long-name", "the queue at 10.0.0.1:5672 has 12,000 messages; read them")
	tab.row("❌ unhealthy", "日本", "x")
	for width, want := range map[int]string{
		0: `   STATUS     NAME       MESSAGE
✅ healthy    a          fine
🟡 degraded   long-name  the queue at 10.0.0.1:5672 has 12,000 messages; read them
❌ unhealthy  日本       x
`,
		60: `   STATUS     NAME       MESSAGE
✅ healthy    a          fine
🟡 degraded   long-name  the queue at 10.0.0.1:5672 has
                         12,000 messages; read them
❌ unhealthy  日本       x
`,
		30: `   STATUS     NAME       MESSAGE
✅ healthy    a          fine
🟡 degraded   long-name  the queue at 10.0.0.1:5672 has 12,000 messages; read them
❌ unhealthy  日本       x
`,
	} {
		var out strings.Builder
		if err := tab.write(&out, width); err != nil || out.String() != want {
			t.Errorf("width %d: %v\n%s", width, err, out.String())
		}
	}
}

// TestHealthInAPipe checks what programs such as grep and awk see: words, one
// line for each integration, those that are switched off last.
func TestHealthInAPipe(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a long message ", 30) + "ends"
	var out strings.Builder
	if err := WriteHealth(&out, engine.Health{
		Status: check.Healthy,
		Integrations: []engine.Report{
			{Name: "a", Status: check.Disabled, Message: "enabled is false"},
			{Name: "b", Status: check.Healthy, Message: long},
		},
		Summary: engine.Summary{Total: 2, Healthy: 1, Disabled: 1},
	}); err != nil {
		t.Fatal(err)
	}
	want := "STATUS    NAME  TIME  MESSAGE\nhealthy   b     -     " + long + "\ndisabled  a     -     enabled is false\n\nhealthy: 1 healthy, 1 disabled in 0s\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
