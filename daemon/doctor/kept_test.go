package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon/config"
	"vega/daemon/keys"
)

func TestKeptKeys(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	c := &config.Config{DataDir: dir, Server: config.Server{Keys: []config.Key{{Name: "both"}}}}
	if found := keptKeys(nil, c, now); len(found) != 0 {
		t.Errorf("without the file: %+v", found)
	}
	err := keys.Change(dir, func(s *keys.Set) error {
		for name, lifetime := range map[string]time.Duration{"fine": 0, "old": time.Hour, "ending": 3 * 24 * time.Hour, "both": 90 * 24 * time.Hour} {
			if _, err := s.Add(name, []string{"read"}, now.Add(-2*time.Hour), lifetime); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	found := keptKeys(nil, c, now)
	var text []string
	for _, f := range found {
		text = append(text, f.Found)
	}
	if got := strings.Join(text, "\n"); len(found) != 3 || !strings.Contains(got, "expired: old\n") || !strings.Contains(got, "week: ending\n") || !strings.HasSuffix(got, "apart: both") {
		t.Errorf("%s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, keys.File), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if found = keptKeys(nil, c, now); len(found) != 1 || !strings.Contains(found[0].Found, "damaged") {
		t.Errorf("%+v", found)
	}
}
