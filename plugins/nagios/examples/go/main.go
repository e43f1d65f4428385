// Check_date reports how many days are left until a date, as a Nagios plugin
// does: with one line that includes perfdata, and an exit code of 0, 1, 2 or 3.
package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"time"
)

func main() {
	code, line := check(os.Args, time.Now())
	fmt.Println(line)
	os.Exit(code)
}

func check(args []string, now time.Time) (code int, line string) {
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	warn := flags.Float64("w", 30, "warn if fewer `days` are left")
	crit := flags.Float64("c", 7, "be critical if fewer `days` are left")
	if err := flags.Parse(args[1:]); err != nil {
		return 3, "DATE UNKNOWN - " + err.Error()
	}
	end, err := time.Parse(time.DateOnly, flags.Arg(0))
	if err != nil || flags.NArg() != 1 {
		return 3, fmt.Sprintf("DATE UNKNOWN - usage: %s -w DAYS -c DAYS DATE, a DATE such as 2027-01-31", args[0])
	}
	days := math.Floor(float64(end.Unix()-now.Unix()) / (24 * 60 * 60))
	state := "OK"
	switch {
	case days < *crit:
		code, state = 2, "CRITICAL"
	case days < *warn:
		code, state = 1, "WARNING"
	}
	return code, fmt.Sprintf("DATE %s - %.0f days left until %s | 'days left'=%.0f;%g:;%g:", state, days, flags.Arg(0), days, *warn, *crit)
}
