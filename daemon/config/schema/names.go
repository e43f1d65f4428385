package schema

// Taken are names that mean something else already.
var Taken = map[string]string{
	"integration health": `"health" is the path of the answer for all integrations.`,
	"database vega":      "database.vega is vega's own store.",
	"key default":        `"default" is the name of the key in api_key.`,
}
