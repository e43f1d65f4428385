package doctor

import (
	"context"
	"fmt"
	"os"
	"time"
)

// checkZones reports whether the time zone of this machine is known. Vega has a
// database of time zones of its own, for systems without one.
func checkZones(context.Context, *host) []Finding {
	name, set := os.LookupEnv("TZ")
	if set && name != "" && name[0] != ':' && name[0] != '/' {
		if _, err := time.LoadLocation(name); err != nil {
			return []Finding{warning(fmt.Sprintf("TZ is %q, which is not the name of a time zone, so local times are in UTC", name), "set TZ to a name such as Europe/Berlin, or remove it")}
		}
	}
	zone, _ := time.Now().Zone()
	return []Finding{ok("local time is %s; vega has the database of time zones", zone)}
}
