package sqlite_test

import (
	"path/filepath"
	"testing"

	"vega/store"
	"vega/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T, name string) store.Store {
		t.Helper()
		return openUnclosed(t, filepath.Join(name, "vega.db"))
	})
}
