package main

import (
	"errors"
	"strconv"
	"strings"

	"vega/sdk"
)

func init() { sdk.Probe("database", databaseProbe) }

// maxRows is the limit of the row count.
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
			if err := firstValue(r, rows); err != nil {
				return queryFailed(who, err)
			}
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
	if minimum := r.Int("min_rows"); n < minimum {
		return sdk.Unhealthy(who + " returned " + plural(n, "row") + ", fewer than min_rows = " + strconv.Itoa(minimum) + "; check what the query reads")
	}
	if result := slow(r, who, took, 0); result != nil {
		return *result
	}
	many := plural(n, "row")
	if n == maxRows {
		many += " or more"
	}
	return sdk.Healthy(who + " returned " + many + " in " + short(took))
}

// firstValue reports a query such as SELECT count(*) as a metric. Text is not
// reported: it may be personal data.
func firstValue(r *sdk.Run, rows *sdk.Rows) error {
	text, err := rows.Column(0)
	if errors.Is(err, sdk.ErrNotSet) { // NULL
		return nil
	}
	if v, bad := strconv.ParseFloat(text, 64); err == nil && bad == nil {
		r.Metric("value", v, "")
	}
	return err
}

// queryFailed includes the database's own message, which names the table or role
// that is wrong, or the reason for the wait.
func queryFailed(who string, err error) sdk.Result {
	_, name, _ := strings.Cut(who, ".")
	text := strings.TrimPrefix(err.Error(), "database "+quote(name)+": ") // who has the name
	switch {
	case errors.Is(err, sdk.ErrTarget):
		return sdk.Unhealthy(who + " did not answer the query: " + text)
	case errors.Is(err, sdk.ErrTimeout):
		return sdk.Unhealthy(who + " did not answer in time: " + text)
	default:
		return sdk.Failed(who, err)
	}
}
