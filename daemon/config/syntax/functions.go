package syntax

// function is one of those that a value may call. Each takes one plain string.
type function struct {
	Name     string
	Argument string // what the string is
	Doc      string
	Example  string // an attribute of an integration's config
}

// Functions is every function there is.
var Functions = []function{
	{
		"env", "NAME",
		"The value of an environment variable. One that is not set, or is empty, leaves the attribute out; that is an error only where it is required. What it gives is kept secret, but for attributes that are no credential, such as a port or a path: they say so.",
		`headers = { Authorization = "Bearer ${env("ORDERS_TOKEN")}" }`,
	},
	{
		"env_set", "NAME",
		"Whether an environment variable is set and not empty: true or false.",
		`follow_redirects = env_set("FOLLOW")`,
	},
	{
		"file", "PATH",
		"The content of a small regular file (at most 64 KiB), without one newline at its end. A relative path starts from the directory of the file that calls it. What it gives is kept secret, like that of env.",
		`headers = { Authorization = file("secrets/orders") }`,
	},
}

// FunctionNames are their names.
var FunctionNames = func() (names []string) {
	for _, f := range Functions {
		names = append(names, f.Name)
	}
	return names
}()
