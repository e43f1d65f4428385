package history

import (
	"math"
	"strconv"
	"time"

	"vega/daemon/trends"
	"vega/daemon/web/ui"
	"vega/policies"
)

// Drawing is what the script draws.
type Drawing struct {
	Unit   policies.Unit `json:"unit"`
	From   int64         `json:"from"` // of the first point, in seconds since 1970
	Step   int64         `json:"step"` // in seconds
	Series []line        `json:"series"`
}

// line has a value for each step, from the first one on.
type line struct {
	Name string   `json:"name"`
	Mean []sample `json:"mean"`
	Min  []sample `json:"min"`
	Max  []sample `json:"max"`
	Down []sample `json:"down,omitempty"` // the part of the step, from 0 to 1
}

// sample is a number, or nothing if it is NaN.
type sample float64

// MarshalJSON writes six digits, which are more than a screen has pixels.
func (s sample) MarshalJSON() ([]byte, error) {
	if v := float64(s); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(s), 'g', 6, 64), nil
}

// NewDrawing returns a drawing of a span without series.
func NewDrawing(s trends.Span, u policies.Unit) Drawing {
	return Drawing{Unit: u, From: s.From.Unix(), Step: s.StepMS / 1000, Series: []line{}}
}

// Add adds a series. Steps without a point have no value.
func (d *Drawing) Add(name string, to time.Time, points []trends.Point) {
	size := int((to.Unix()-d.From)/d.Step) + 1
	blank := func() []sample {
		all := make([]sample, size)
		for n := range all {
			all[n] = sample(math.NaN())
		}
		return all
	}
	l := line{Name: ui.Clean(name), Mean: blank(), Min: blank(), Max: blank()}
	if len(points) > 0 && points[0].Status != nil {
		l.Down = make([]sample, size)
	}
	for _, p := range points {
		n := int((p.At.Unix() - d.From) / d.Step)
		if n < 0 || n >= size {
			continue
		}
		if p.Mean != nil {
			l.Mean[n], l.Min[n], l.Max[n] = sample(*p.Mean), sample(*p.Min), sample(*p.Max)
		}
		if l.Down != nil && p.Status != nil {
			l.Down[n] = sample(p.Status.DownMS) / sample(d.Step*1000)
		}
	}
	d.Series = append(d.Series, l)
}
