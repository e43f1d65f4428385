package keeper_test

import (
	"path/filepath"
	"testing"

	"vega/store"
	"vega/store/keeper"
	"vega/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T, name string) store.Store {
		t.Helper()
		s, err := keeper.Open(t.Context(), filepath.Join(name, "vega.db"), keeper.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
