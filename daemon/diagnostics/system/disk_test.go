package system

import (
	"errors"
	"path/filepath"
	"testing"
)

func TestUsageOfPathThatDoesNotExist(t *testing.T) {
	dir := t.TempDir()
	there, err1 := UsageOf(dir)
	later, err2 := UsageOf(filepath.Join(dir, "not", "yet"))
	if err := errors.Join(err1, err2); err != nil || there.Total != later.Total || there.Device != later.Device {
		t.Errorf("%+v and %+v, %v", there, later, err)
	}
}
