package console

import (
	"testing"

	"vega/store/sqlite/backup"
)

func TestContentsAreASentence(t *testing.T) {
	rows := map[string]int64{"runs": 3, "incidents": 2, "memories": 1, "kv": 0}
	for want, i := range map[string]backup.Info{
		"0 runs":                           {Rows: map[string]int64{"runs": 0}},
		"3 runs, 2 incidents and 1 memory": {Rows: rows},
		"3 runs, 2 incidents, 1 memory and the file id of data_dir":                    {Rows: rows, Files: []string{"id"}},
		"3 runs, 2 incidents, 1 memory, and the files id and keys.json of data_dir":    {Rows: rows, Files: []string{"keys.json", "id"}},
		"3 runs, 2 incidents, 1 memory, and the files a, id and keys.json of data_dir": {Rows: rows, Files: []string{"keys.json", "id", "a"}},
	} {
		if got := contents(i); got != want {
			t.Errorf("contents are %q, want %q", got, want)
		}
	}
}
