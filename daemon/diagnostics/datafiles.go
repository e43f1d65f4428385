package diagnostics

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// maxDataFiles limits the number of files that are counted. Vega itself creates only
// a few.
const maxDataFiles = 10_000

// DataFiles describes the files below the data directory.
type DataFiles struct {
	Bytes    uint64     `json:"bytes"`
	Count    int        `json:"count"`
	Complete bool       `json:"complete"` // false if only the first files were counted
	Largest  []FileSize `json:"largest"`  // the three largest
}

// FileSize is a file and its size.
type FileSize struct {
	Name  string `json:"name"` // relative to the data directory
	Bytes uint64 `json:"bytes"`
}

// dataFiles counts the files below dir. It may hang in the file system.
func dataFiles(dir string) (DataFiles, error) {
	found := DataFiles{Complete: true, Largest: []FileSize{}}
	var files []FileSize
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path != dir {
			return nil // deleted in the meantime
		}
		if err != nil {
			return err
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		if len(files) == maxDataFiles {
			found.Complete = false
			return fs.SkipAll
		}
		info, err := entry.Info()
		if err != nil {
			return nil //nolint:nilerr // deleted in the meantime
		}
		name, err := filepath.Rel(dir, path)
		files = append(files, FileSize{Name: filepath.ToSlash(name), Bytes: uint64(info.Size())})
		found.Bytes += uint64(info.Size())
		return err
	})
	found.Count, found.Largest = len(files), largest(files, func(f FileSize) float64 { return float64(f.Bytes) })
	return found, err
}
