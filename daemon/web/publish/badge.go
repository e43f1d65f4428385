package publish

import (
	"encoding/json"
	"fmt"
	"strconv"

	g "maragu.dev/gomponents"
)

// Badge is a label with a message, for a README or another page.
type Badge struct {
	Label, Message string
	Color          string // one of the names that shields.io has
}

// colors has the colours of the names in SVG. White text on them has a contrast of 4.5 or
// more.
var colors = map[string]string{
	"brightgreen": "#2f7d1f", "green": "#4d7510", "yellow": "#866000", "orange": "#a84b14", "red": "#c0392b",
	"blueviolet": "#7a4fbf", "blue": "#0a6fae", "lightgrey": "#6b6b6b",
}

// ofState has the colour of each state.
var ofState = map[State]string{Operational: "brightgreen", Degraded: "orange", Down: "red", Unknown: "blueviolet", Maintenance: "blue", NotChecked: "lightgrey"}

// StateBadge shows the state of an integration.
func StateBadge(name string, s State) Badge { return Badge{name, string(s), ofState[s]} }

// UptimeBadge shows the uptime of an integration in a window, such as 30d. known is false
// if no time counts.
func UptimeBadge(name, window string, part float64, known bool) Badge {
	b := Badge{Label: name + " " + window, Message: "unknown", Color: "lightgrey"}
	if !known {
		return b
	}
	b.Message = Percent(part)
	switch {
	case part >= 0.999:
		b.Color = "brightgreen"
	case part >= 0.99:
		b.Color = "green"
	case part >= 0.95:
		b.Color = "yellow"
	case part >= 0.9:
		b.Color = "orange"
	default:
		b.Color = "red"
	}
	return b
}

// JSON returns the badge for https://shields.io/badges/endpoint-badge.
func (b Badge) JSON() []byte {
	out, err := json.Marshal(struct {
		SchemaVersion int    `json:"schemaVersion"`
		Label         string `json:"label"`
		Message       string `json:"message"`
		Color         string `json:"color"`
	}{1, b.Label, b.Message, b.Color})
	if err != nil { // plain fields always encode
		panic(err)
	}
	return out
}

// The sizes of a badge, in pixels.
const (
	badgeHeight = 20
	badgeRoom   = 10 // next to a text, left and right together
	letterWidth = 7  // of most letters of a sans-serif font of 11 pixels
)

// widthOf returns the width of a text. Browsers fit the text into it.
func widthOf(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case r > 0x2e7f: // ideographs and emoji are twice as wide
			n += 2 * letterWidth
		case r == 'i' || r == 'l' || r == '.' || r == ' ' || r == 'j' || r == 't' || r == 'f':
			n += letterWidth - 3
		default:
			n += letterWidth
		}
	}
	return n
}

// SVG returns the badge as an image.
func (b Badge) SVG() g.Node {
	left, right := widthOf(b.Label)+badgeRoom, widthOf(b.Message)+badgeRoom
	part := func(x, width int, color string) g.Node {
		return g.El("rect", g.Attr("x", strconv.Itoa(x)), g.Attr("width", strconv.Itoa(width)), g.Attr("height", strconv.Itoa(badgeHeight)), g.Attr("fill", color))
	}
	text := func(x, width int, s string) g.Node {
		return g.El("text", g.Attr("x", strconv.Itoa(x+badgeRoom/2)), g.Attr("y", "14"), g.Attr("textLength", strconv.Itoa(width-badgeRoom)), g.Attr("lengthAdjust", "spacingAndGlyphs"), g.Text(s))
	}
	whole := fmt.Sprintf("%s: %s", b.Label, b.Message)
	return g.El("svg", g.Attr("xmlns", "http://www.w3.org/2000/svg"), g.Attr("width", strconv.Itoa(left+right)), g.Attr("height", strconv.Itoa(badgeHeight)), g.Attr("role", "img"), g.Attr("aria-label", whole),
		g.El("title", g.Text(whole)),
		part(0, left, "#444"), part(left, right, colors[b.Color]),
		g.El("g", g.Attr("fill", "#fff"), g.Attr("font-family", "Verdana,DejaVu Sans,sans-serif"), g.Attr("font-size", "11"),
			text(0, left, b.Label), text(left, right, b.Message)),
	)
}
