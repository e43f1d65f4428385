package pages_test

import (
	"os"
	"path/filepath"
	"testing"

	"vega/store/sqlite/pages"
)

// Whatever the files hold, reading ends without a panic, and visits no page
// twice.
func FuzzFile(f *testing.F) {
	header := append([]byte("SQLite format 3\x00\x02\x00\x01\x01\x00\x40\x20\x20"), make([]byte, 76)...)
	header[55] = 1 // pointer map
	leaf := make([]byte, 512)
	copy(leaf, []byte{13, 0, 0, 0, 1, 1, 246, 0, 1, 246})
	copy(leaf[502:], []byte{4, 1, 3, 0, 15, 'a', 0, 0, 0, 0})
	file := append(append(header, leaf[:412]...), leaf...)
	file = append(append(file, leaf...), leaf...)
	f.Add(file, []byte{})
	f.Add([]byte{}, append([]byte{0x37, 0x7f, 6, 0x82}, make([]byte, 2000)...))
	f.Fuzz(func(t *testing.T, main, log []byte) {
		path := filepath.Join(t.TempDir(), "a.db")
		for name, content := range map[string][]byte{path: main, path + "-wal": log} {
			if err := os.WriteFile(name, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		file, err := pages.Open(path)
		if err != nil {
			return
		}
		defer file.Close()
		seen := map[int64]bool{}
		for n := int64(1); n <= min(file.Pages(), 50); n++ {
			file.State(n)
			file.Tree(n)
			file.Edge(n, true)
			if file.Seen(n) {
				continue
			}
			err := file.Walk(n, pages.Visitor{
				Page: func(p *pages.Page, _ pages.Span) error {
					if seen[p.Number] {
						t.Errorf("page %d was visited twice", p.Number)
					}
					seen[p.Number] = true
					last := int64(0)
					return p.Records(func(r pages.Record) error {
						if p.Kind() == pages.TableLeaf && last != 0 && r.Number <= last {
							t.Errorf("row %d follows row %d", r.Number, last)
						}
						last = r.Number
						return nil
					})
				},
				Lost: func(pages.Lost) error { return nil },
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		file.Parents(func(int64) {})
	})
}
