package daemon

import (
	"errors"
	"path/filepath"
	"testing"

	"vega/plugins"
	"vega/store/sqlite"
)

func TestKVNamesTheQuotaAsTheSandboxDoes(t *testing.T) {
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "vega.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	k := newKV(s)
	if err := k.Set(t.Context(), "i", "key", []byte("value"), 8); err != nil {
		t.Fatal(err)
	}
	if err := k.Set(t.Context(), "i", "key", []byte("values"), 8); !errors.Is(err, plugins.ErrQuota) {
		t.Errorf("over the quota: %v", err)
	}
	if v, ok, err := k.Get(t.Context(), "i", "key"); string(v) != "value" || !ok || err != nil {
		t.Errorf("%q %v %v", v, ok, err)
	}
}
