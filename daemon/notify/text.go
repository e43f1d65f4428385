package notify

import (
	"slices"
	"strconv"
	"strings"

	"vega/daemon/notify/message"
)

const (
	// detailed limits the notices of a message that are shown with their facts and links.
	detailed = 3
	// linkBytes limits the links of a message, so that they leave room for the text.
	linkBytes = 1500
)

// fenced returns a message as a code block of Markdown, followed by the operator's links.
// limit limits its characters.
func fenced(t *message.Text, limit int, escape func(string) string) string {
	const fence = "```\n"
	below := linkLines(t)
	room := limit - 2*len(fence) - message.UTF16(below)
	body := message.Fit(t.Notices, t.More, message.Format{Limit: room, Size: message.UTF16, Escape: escape, Title: t.Title, Details: detailed})
	return fence + body + "\n" + strings.TrimSuffix(fence, "\n") + below
}

// linkLines returns the links of the first notices, each on a line that begins with a
// line break.
func linkLines(t *message.Text) string {
	var b strings.Builder
	for _, l := range firstLinks(t) {
		b.WriteString("\n" + l.Name + ": " + l.URL)
	}
	return b.String()
}

// firstLinks returns the links of the first notices, each once. Those to several
// incidents have their numbers in their names.
func firstLinks(t *message.Text) (all []message.Link) {
	room := linkBytes
	for _, n := range t.Notices[:min(len(t.Notices), detailed)] {
		for _, l := range n.Links {
			if l.Name == message.IncidentLink && len(t.Notices) > 1 {
				l.Name += " " + strconv.FormatInt(n.Source.Incident.ID, 10)
			}
			need := len(l.Name) + len(l.URL) + 3
			if need > room || slices.ContainsFunc(all, func(o message.Link) bool { return o.URL == l.URL }) {
				continue
			}
			room -= need
			all = append(all, l)
		}
	}
	return all
}

// plain returns the text below a title, which is not empty.
func (n *Notifier) plain(t *message.Text, f message.Format) string {
	f.Titled, f.Links, f.Details = true, true, detailed
	if text := message.Fit(t.Notices, t.More, f); text != "" {
		return text
	}
	return t.Title
}
