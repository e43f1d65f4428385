package main

import (
	"errors"
	"strconv"

	"vega/sdk"
)

func init() { sdk.Probe("database", databaseProbe) }

// maxRows is where counting stops.
const maxRows = 10000

// databaseProbe runs a query on a configured database.
func databaseProbe(r *sdk.Run) sdk.Result {
	name := r.String("database")
	who := "database." + name
	began := r.Now()
	rows, err := r.Query(name, r.String("query"))
	if err != nil {
		return queryFailed(who, err)
	}
	defer rows.Close()
	n := 0
	for n < maxRows && rows.Next() {
		if n == 0 {
			firstValue(r, rows)
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return queryFailed(who, err)
	}
	took := r.Since(began)
	r.Millis("query_time", took)
	r.Metric("rows", float64(n), "")
	r.Detail("rows", strconv.Itoa(n))
	if least := r.Int("min_rows"); n < least {
		return sdk.Unhealthy(who + " gave " + plural(n, "row") + ", fewer than min_rows = " + strconv.Itoa(least) + "; look at what the query counts on")
	}
	if result := slow(r, who, took); result != nil {
		return *result
	}
	return sdk.Healthy(who + " gave " + plural(n, "row") + " in " + short(took))
}

// firstValue makes a query such as SELECT count(*) a metric. Text stays in the
// database: it may be anybody's data.
func firstValue(r *sdk.Run, rows *sdk.Rows) {
	text, err := rows.Column(0)
	if err != nil {
		return
	}
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		r.Metric("value", v, "")
	}
}

// queryFailed tells the server's own words, which name the table or the role
// that is wrong.
func queryFailed(who string, err error) sdk.Result {
	if errors.Is(err, sdk.ErrIO) {
		return sdk.Unhealthy(who + " rejected the query or the login: " + err.Error())
	}
	return sdk.Failed(who, err)
}
