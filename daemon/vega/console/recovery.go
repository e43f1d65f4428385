package console

import (
	"fmt"
	"io"
	"strings"

	"vega/store/sqlite/salvage"
)

// Recovery is what vega recover read, and where it put that.
type Recovery struct {
	Source   string `json:"source"`
	Target   string `json:"target"`
	Complete bool   `json:"complete"`
	salvage.Report
}

// shownRanges is the number of ranges of lost rows that are shown for a table.
const shownRanges = 5

// WriteRecovery writes a line for each table, and what is lost.
func WriteRecovery(out io.Writer, r Recovery) error {
	t := table{rows: [][]string{{"TABLE", "RECOVERED", "LOST", "NOTES"}}}
	for _, c := range r.Tables {
		t.row(c.Name, fmt.Sprint(c.Added+c.Known), lost(c), remarks(c))
	}
	if err := t.write(out, width(out)); err != nil {
		return err
	}
	text := "everything that was in"
	if !r.Complete {
		text = "what could be read of"
	}
	if r.Frames > 0 {
		fmt.Fprintf(out, "\n%s of the write-ahead log could not be read, with the newest rows of a page each.\n", Count(r.Frames, "frame"))
	}
	_, err := fmt.Fprintf(out, "\n%s has %s %s.\n", OneLine(r.Target), text, OneLine(r.Source))
	return err
}

// lost says how many rows of a table are lost.
func lost(c salvage.Table) string {
	switch {
	case c.Counted || c.Lost == 0 && !c.More:
		return fmt.Sprint(c.Lost)
	case c.Lost == 0:
		return "unknown"
	case c.More:
		return fmt.Sprintf("%d or more", c.Lost)
	default:
		return fmt.Sprintf("about %d", c.Lost)
	}
}

// remarks says which rows are lost, and what is not as it was.
func remarks(c salvage.Table) string {
	var all []string
	if len(c.Ranges) > 0 {
		all = append(all, "lost "+ranges(c.Ranges))
	}
	for _, note := range []struct {
		n    int64
		text string
	}{
		{c.Known, "were there already"},
		{c.Refused, "left out because their content is damaged"},
		{c.Incomplete, "without details or probe, which are lost"},
		{c.Doubtful, "may have been deleted before"},
	} {
		if note.n > 0 {
			all = append(all, fmt.Sprintf("%d %s", note.n, note.text))
		}
	}
	return OrNone(strings.Join(all, "; "))
}

// ranges lists the first ranges of lost rows by their IDs.
func ranges(all []salvage.Range) string {
	var texts []string
	for _, r := range all[:min(len(all), shownRanges)] {
		switch {
		case r.First == 0 && r.Last == 0:
			texts = append(texts, "any ID")
		case r.First == 0:
			texts = append(texts, fmt.Sprintf("up to ID %d", r.Last))
		case r.Last == 0:
			texts = append(texts, fmt.Sprintf("from ID %d on", r.First))
		case r.First == r.Last:
			texts = append(texts, fmt.Sprintf("ID %d", r.First))
		default:
			texts = append(texts, fmt.Sprintf("IDs %d–%d", r.First, r.Last))
		}
	}
	if more := len(all) - shownRanges; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more ranges", more))
	}
	return strings.Join(texts, ", ")
}
