package check

import (
	"testing"
	"time"
)

func TestElapsedByTheTwoLargestUnits(t *testing.T) {
	tight, words := Units{"d", "h", "m", "s", ""}, Units{" d", " h", " min", " s", " "}
	for d, want := range map[time.Duration][2]string{
		-time.Hour:                      {"0s", "0 s"},
		400 * time.Millisecond:          {"0s", "0 s"},
		59*time.Second + 600e6:          {"1m", "1 min"},
		time.Hour - 1:                   {"1h", "1 h"},
		2*time.Hour + 5*time.Minute + 9: {"2h5m", "2 h 5 min"},
		24*time.Hour + 59*time.Minute:   {"1d", "1 d"},
		76 * time.Hour:                  {"3d4h", "3 d 4 h"},
	} {
		if got := [2]string{tight.Elapsed(d), words.Elapsed(d)}; got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0 B", 0.25: "0.25 B", 1: "1 B", 1000: "1000 B", 1023: "1023 B", 1024: "1 KiB", 1023.96 * 1024: "1 MiB", 1010 << 20: "1010 MiB",
		12.3 * 1024: "12.3 KiB", 1.5 * (1 << 30): "1.5 GiB", 1 << 50: "1 PiB", 1 << 60: "1 EiB",
	} {
		if got := Bytes(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}
