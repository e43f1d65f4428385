package console

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"vega/daemon/keys"
	"vega/policies/check"
	"vega/store/sqlite/backup"
	"vega/store/sqlite/restore"
)

// Copy is a line on a terminal that shows how far a copy is. On anything else it prints
// nothing.
type Copy struct {
	line Progress
	text string
}

// StartCopy returns a Copy on out.
func StartCopy(out io.Writer) *Copy { return &Copy{line: Progress{out: out, live: knowsEscapes(out)}} }

// Step shows what is done now.
func (c *Copy) Step(text string) {
	c.text = text
	c.line.line(OneLine(text))
}

// Progress shows how many bytes are done. It returns nil.
func (c *Copy) Progress(done, total int64) error {
	percent := ""
	if total > 0 {
		percent = fmt.Sprintf(", %d %%", 100*done/total)
	}
	c.line.line(fmt.Sprintf("%s: %s of %s%s", OneLine(c.text), check.Bytes(float64(done)), check.Bytes(float64(total)), percent))
	return nil
}

// End clears the line.
func (c *Copy) End() { c.line.End() }

// shownRows are the tables whose rows people know, with what a row is called.
var shownRows = []struct{ table, one string }{
	{"runs", "run"},
	{"conversations", "conversation"},
	{"incidents", "incident"},
	{"silences", "silence"},
	{"memories", "memory"},
	{"kv", "value kept by probes"},
}

// contents says how much a backup holds.
func contents(i backup.Info) string {
	var parts []string
	for _, s := range shownRows {
		n, ok := i.Rows[s.table]
		if !ok || n == 0 && s.table != "runs" {
			continue
		}
		text := Count(int(n), s.one)
		switch {
		case s.table == "memories" && n != 1:
			text = fmt.Sprintf("%d memories", n)
		case s.table == "kv" && n != 1:
			text = fmt.Sprintf("%d values kept by probes", n)
		}
		parts = append(parts, text)
	}
	files := slices.Sorted(slices.Values(i.Files))
	switch len(files) {
	case 0:
		return OneLine(enumerate(parts))
	case 1:
		return OneLine(enumerate(append(parts, "the file "+files[0]+" of data_dir")))
	default:
		return OneLine(strings.Join(parts, ", ") + ", and the files " + enumerate(files) + " of data_dir")
	}
}

// enumerate joins items with commas, and the last with "and".
func enumerate(items []string) string {
	last := len(items) - 1
	if last < 1 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:last], ", ") + " and " + items[last]
}

// WriteBackup says what was backed up.
func WriteBackup(out io.Writer, i backup.Info, took time.Duration) error {
	_, err := fmt.Fprintf(out, "Wrote %s: %s in %s, checked.\nIt has %s.\n%s",
		OneLine(i.Path), check.Bytes(float64(i.Bytes)), took.Round(10*time.Millisecond), contents(i), clockNote(i.Taken))
	return err
}

// firstYear is before any vega.
const firstYear = 2024

// clockNote warns of a clock that was not set.
func clockNote(t time.Time) string {
	if t.Year() >= firstYear {
		return ""
	}
	return fmt.Sprintf("The clock of this machine says %s, so the time in the backup is wrong. Its content is not affected.\n", t.UTC().Format("2006-01-02 15:04"))
}

// WriteChecked says what an intact backup is.
func WriteChecked(out io.Writer, i backup.Info) error {
	kind := "is complete and unchanged"
	if !i.Sealed {
		kind = "is a database without errors; it has no digest, so changes of its rows can't be found"
	}
	_, err := fmt.Fprintf(out, "%s %s (%s).\nIt has %s.\n%s", OneLine(i.Path), kind, check.Bytes(float64(i.Bytes)), contents(i), origin(i))
	return err
}

// origin says who took a backup, and when.
func origin(i backup.Info) string {
	by := OneLine(i.By.String())
	switch {
	case i.By.Version == "" && i.Taken.IsZero():
		return ""
	case i.Taken.IsZero():
		return fmt.Sprintf("It was written by %s.\n", by)
	default:
		return fmt.Sprintf("It was taken by %s on %s.\n", by, i.Taken.Format("2006-01-02 15:04:05 UTC"))
	}
}

// WriteRestore says what was restored, and where the former files are.
func WriteRestore(out io.Writer, r restore.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Restored %s from %s.\nIt has %s.\n%s", OneLine(r.Store), OneLine(r.Path), contents(r.Info), origin(r.Info))
	if r.Kept != "" {
		fmt.Fprintf(&b, "The former database is %s; delete it when you no longer need it.\n", OneLine(r.Kept))
	}
	for _, name := range r.Present {
		fmt.Fprintf(&b, "%s stays as it was, so that revoked keys stay revoked; --keys restores it.\n", OneLine(name))
	}
	if slices.Contains(r.Restored, keys.File) {
		fmt.Fprintf(&b, "%s is that of the backup, so keys that were revoked since are valid again; vega key list shows all.\n", keys.File)
	}
	b.WriteString("Start vega now.\n")
	_, err := io.WriteString(out, b.String())
	return err
}
