package schema

// Taken are reserved names, and what to say about each.
var Taken = map[string]string{
	"integration health": `"health" is reserved: it is the path of the report on all integrations.`,
	"database vega":      `"vega" is reserved: database.vega is vega's own store.`,
	"key default":        `"default" is reserved: it is the name of the key in api_key.`,
}
