package syntax

// function describes a function that a value can call. Each takes one plain
// string.
type function struct {
	Name     string
	Argument string // what the string is
	Doc      string
	Example  string // an attribute of an integration's config
}

// Functions describes every function.
var Functions = []function{
	{
		"env", "NAME",
		"The value of an environment variable, or, if vega's environment does not have it, of a line NAME=value in the file vega.env next to vega.hcl, which vega follows. If it is not set or is empty, the attribute is left out, which is an error only where it is required. The value is kept secret, except in attributes that cannot hold a credential, such as a port or a path; their descriptions say so.",
		`headers = { Authorization = "Bearer ${env("ORDERS_TOKEN")}" }`,
	},
	{
		"env_set", "NAME",
		"Whether an environment variable is set and not empty, in vega's environment or in vega.env: true or false.",
		`follow_redirects = env_set("FOLLOW")`,
	},
	{
		"file", "PATH",
		"The content of a regular file of at most 64 KiB, without its last newline. A relative path starts from the directory of the file that contains the call. The value is kept secret, like that of env.",
		`headers = { Authorization = file("secrets/orders") }`,
	},
}

// FunctionNames lists the names of Functions.
var FunctionNames = func() (names []string) {
	for _, f := range Functions {
		names = append(names, f.Name)
	}
	return names
}()
