package schema

// Taken maps reserved names to the messages that refuse them.
var Taken = map[string]string{
	"integration health": `"health" is reserved for the path of the report on all integrations.`,
	"database vega":      `"vega" is reserved for vega's own store, database.vega.`,
	"key default":        `"default" is reserved for the key in api_key.`,
	"metric up":          `"up" is reserved for vega_metric_up, which says whether a query succeeded.`,
}
