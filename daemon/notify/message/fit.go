package message

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Format is how a service takes text.
type Format struct {
	// Limit limits the size of the whole, as Size measures it.
	Limit int
	// Size measures a text; nil: its bytes.
	Size func(string) int
	// Escape makes a text that is not the operator's harmless in the markup of the
	// service, one line at a time; nil if it takes plain text.
	Escape func(string) string
	// Links has the links of a notice added, a line each.
	Links bool
	// Title, unless it is empty, is the first line of a text about several notices.
	Title string
	// Titled leaves out the first line of the only notice, which is the title.
	Titled bool
	// Details limits the notices with facts and links; 0: all, below 0: none.
	Details int
}

// line is a candidate for the text, in the order of the text.
type line struct {
	text  string
	rank  int // lower ones are chosen first
	taken bool
}

// Fit returns the notices as lines of text within a limit: the first line of as many
// notices as there is room for, then their links and facts, from the first notice on. If
// notices are left out, the last line counts them.
func Fit(notices []Notice, more int, f Format) string {
	if f.Size == nil {
		f.Size = func(s string) int { return len(s) }
	}
	if f.Escape == nil {
		f.Escape = func(s string) string { return s }
	}
	room := f.Limit
	if more > 0 || len(notices) > 1 {
		room -= f.Size(andMore(more + len(notices)))
	}
	title := ""
	if f.Title != "" && len(notices) > 1 {
		title = f.Escape(f.Title) + "\n\n"
		room -= f.Size(title)
	}
	var shown [][]line
	for i := range notices {
		lines := f.lines(&notices[i], f.Details == 0 || i < f.Details)
		if i == 0 {
			lines[0].text = f.cut(lines[0].text, notices[0].Head, room-1)
		}
		if f.Titled && len(notices) == 1 && more == 0 {
			shown = append(shown, lines)
			continue
		}
		if need := f.Size(lines[0].text) + 2; need <= room || i == 0 {
			room -= need
			lines[0].taken = true
			shown = append(shown, lines)
			continue
		}
		more += len(notices) - i
		break
	}
	for _, lines := range shown {
		room = f.choose(lines, room)
	}
	return strings.TrimSuffix(title+joined(shown)+andMore(more), "\n")
}

// choose takes the lines for which there is room, by their rank, and returns the room
// that is left.
func (f *Format) choose(lines []line, room int) int {
	for rank := 1; rank <= 2; rank++ {
		for i := range lines {
			if need := f.Size(lines[i].text) + 1; lines[i].rank == rank && need <= room {
				room -= need
				lines[i].taken = true
			}
		}
	}
	return room
}

func (f *Format) lines(n *Notice, detailed bool) []line {
	lines := []line{{text: f.Escape(n.Head)}}
	if !detailed {
		return lines
	}
	for _, field := range n.Fields {
		lines = append(lines, line{text: f.Escape(field.Name + ": " + field.Value), rank: 2})
	}
	if f.Links {
		for _, l := range n.Links {
			lines = append(lines, line{text: l.Name + ": " + l.URL, rank: 1})
		}
	}
	return lines
}

// cut shortens a text until, escaped, it fits.
func (f *Format) cut(escaped, text string, room int) string {
	for f.Size(escaped) > room && text != "" {
		_, last := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-last]
		escaped = f.Escape(text + "…")
	}
	return escaped
}

// joined returns the lines that were taken. An empty line sets notices with facts apart.
func joined(shown [][]line) string {
	var b strings.Builder
	long := false
	for i, lines := range shown {
		taken := 0
		for _, l := range lines {
			if l.taken {
				taken++
			}
		}
		if i > 0 && (long || taken > 1) {
			b.WriteByte('\n')
		}
		long = taken > 1
		for _, l := range lines {
			if l.taken {
				b.WriteString(l.text)
				b.WriteByte('\n')
			}
		}
	}
	return b.String()
}

func andMore(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("... and %d more", n)
}

// UTF16 measures a text in UTF-16 code units. These are the characters of most services,
// and never fewer than those of the others.
func UTF16(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// Cut shortens a text to a number of characters, as UTF16 counts them.
func Cut(s string, limit int) string {
	if UTF16(s) <= limit {
		return s
	}
	n, end := 0, 0
	for at, r := range s {
		n += UTF16(string(r))
		if n > limit-1 {
			break
		}
		end = at + utf8.RuneLen(r)
	}
	return s[:end] + "…"
}
