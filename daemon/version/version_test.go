package version

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"
)

// stamp sets what a release build sets, for the time of a test.
func stamp(t *testing.T, v, c, d, m string) {
	t.Helper()
	before := []string{version, commit, date, modified}
	t.Cleanup(func() { version, commit, date, modified = before[0], before[1], before[2], before[3] })
	version, commit, date, modified = v, c, d, m
}

func TestReleaseTellsVersionCommitAndDate(t *testing.T) {
	const hash = "0123456789abcdef0123456789abcdef01234567"
	stamp(t, "1.2.3-rc.1", hash, "2026-11-30T02:30:00Z", "")
	platform := runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
	if got, want := Get().String(), "vega 1.2.3-rc.1 (0123456789ab, 2026-11-30) "+platform; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	text, err := json.Marshal(Get())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"version":"1.2.3-rc.1","commit":"` + hash + `","date":"2026-11-30T02:30:00Z","modified":false,"go":`
	if !strings.HasPrefix(string(text), want) {
		t.Errorf("%s, want %s", text, want)
	}
	stamp(t, "1.2.3", hash, "2026-11-30T02:30:00Z", "true")
	if got := Get(); !got.Modified || !strings.Contains(got.String(), "(0123456789ab, 2026-11-30, modified)") {
		t.Errorf("%+v: %s", got, got)
	}
}

func TestOtherBuildIsNoRelease(t *testing.T) {
	stamp(t, "", "", "", "")
	if got := Get(); got.Version == "" || got.Go != runtime.Version() {
		t.Errorf("%+v", got)
	}
}
