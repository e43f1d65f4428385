package statsd

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/DataDog/datadog-go/v5/statsd"

	"vega/daemon/config/telemetry"
	"vega/policies/check"
)

const (
	// maxPacket fits into an Ethernet frame, with the headers of IPv6 and of a tunnel.
	maxPacket = 1432
	// maxLine limits our part of a line. Variables such as DD_ENV add tags to it.
	maxLine = 1000
	// maxPlainPacket limits a packet without tags. A line with a negative value doubles.
	maxPlainPacket = maxPacket / 2
	maxPlainLine   = 600
	// packets is how many packets may wait, which is at most 2 MiB.
	packets = 1024
	// pooled is how many buffers for packets are kept.
	pooled = 32
	// sendPatience limits how long sending a packet to a Unix socket may take.
	sendPatience = 100 * time.Millisecond
)

// client sends to one receiver.
type client struct {
	settings  telemetry.StatsD
	maxSeries int
	exporter  *Exporter
	writer    *writer
	*statsd.Client
}

func newClient(settings telemetry.StatsD, maxSeries int, x *Exporter) (*client, error) {
	c := &client{settings: settings, maxSeries: maxSeries, exporter: x, writer: newWriter(settings, x)}
	size := maxPlainPacket
	if settings.Tags {
		size = maxPacket
	}
	var err error
	c.Client, err = statsd.NewWithWriter(c.writer, statsd.WithoutTelemetry(), statsd.WithoutOriginDetection(),
		statsd.WithWorkersCount(1), statsd.WithBufferPoolSize(pooled), statsd.WithSenderQueueSize(packets),
		statsd.WithMaxBytesPerPayload(size), statsd.WithErrorHandler(c.failed))
	return c, err
}

// failed counts the values of a packet for which there is no room. The writer counts those
// that it can't send.
func (c *client) failed(err error) {
	if full, ok := errors.AsType[*statsd.ErrorSenderChannelFull](err); ok {
		c.exporter.lose(c.settings.Address, full.LostElements, "too many packets wait for the receiver")
	}
}

// close sends what waits, for at most a second.
func (c *client) close() {
	c.writer.hurry()
	_ = c.Close() // the writer counts what it can't send
}

func (c *client) gauge(name string, value float64, labels []Label) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	if name, tags, ok := c.series(name, labels, len(strconv.FormatFloat(value, 'f', -1, 64))); ok {
		_ = c.Gauge(name, value, tags, 1) // the error is that of another type
	}
}

// longNumber is the length of counts and times, in bytes.
const longNumber = 24

func (c *client) count(name string, labels []Label) {
	if name, tags, ok := c.series(name, labels, longNumber); ok {
		_ = c.Count(name, 1, tags, 1)
	}
}

func (c *client) timing(name string, took time.Duration, labels []Label) {
	if name, tags, ok := c.series(name, labels, longNumber); ok {
		_ = c.TimeInMilliseconds(name, check.Milliseconds(took), tags, 1)
	}
}

// series returns the name and the tags of a series. ok is false if its line, with a value of
// the given length, would be too long; the value is counted as lost.
func (c *client) series(name string, labels []Label, value int) (full string, tags []string, ok bool) {
	limit := maxPlainLine
	if c.settings.Tags {
		limit = maxLine
		for _, l := range labels {
			if l.Value != "" {
				tags = append(tags, tagText(l.Name+":"+l.Value))
			}
		}
	} else {
		for _, l := range labels {
			name += "." + component(l.Value)
		}
	}
	full = c.settings.Prefix + name
	size := len(full) + value + len(":|ms|#\n") + len(tags)
	for _, t := range tags {
		size += len(t)
	}
	if size > limit {
		c.exporter.lose(c.settings.Address, 1, "the labels of "+check.Clip(full, maxTag)+" are too long for a packet")
		return "", nil, false
	}
	return full, tags, true
}

// maxTag limits a tag, and a part of a name, in bytes. It is Datadog's limit.
const maxTag = 200

// tagText returns a tag without the characters that separate the parts of a line.
func tagText(s string) string {
	return cut(strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || r == '|' || r == ',' || r == '#' || r == '@' {
			return '_'
		}
		return r
	}, s))
}

// component returns a label's value as a part of a name. It has no dot, so the number of
// parts does not depend on the value.
func component(s string) string {
	if s == "" {
		return "none"
	}
	return cut(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-':
			return r
		default:
			return '_'
		}
	}, s))
}

// cut returns the first bytes of s, without a part of a character.
func cut(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), maxTag)], "")
}
