package schema

import "vega/plugins/manifest"

// tlsBlock describes how the host speaks TLS for an integration.
var tlsBlock = &Block{Name: "tls", Doc: "TLS with the integration's own targets, for every probe that speaks it. ca_file and min_version also apply to redirects and to token_url.", Rows: []Row{
	attribute("client_cert", text, "The client certificate, with its chain: a PEM file, which is read again when it changes, or PEM from env() or file().", public),
	attribute("client_key", text, "The key of client_cert: a PEM file, which is read again when it changes, or PEM from env() or file()."),
	attribute("ca_file", Path, "Authorities that are trusted in addition to the system's and network.ca_file: a PEM file, which is read again when it changes.", public),
	attribute("server_name", text, "The name for SNI and for verification. Default: the host of the target.", public),
	attribute("min_version", text, "The oldest version of TLS that the target may speak; an older one is reported like an invalid certificate.", public, preset("1.2"), oneOf("1.0", "1.1", "1.2", "1.3")),
	attribute("fingerprint", text, "The SHA-256 of the target's certificate, or of its public key, in hexadecimal, or in base64 after \"sha256/\". A certificate that matches needs no authority and no name; it must not have expired.", public),
	attribute("skip_verify", manifest.Bool, "Whether any certificate is accepted. Anyone on the network path can then impersonate the target; secrets are sent only if the grant block says plaintext = true.", preset(false)),
}}

// authBlock describes how the host authenticates for an integration.
var authBlock = &Block{Name: "auth", Doc: "Authentication by the host: username and password, token, or token_url with client_id and client_secret. It is added to requests to the origin of the integration's own url options, and to no other; the plugin does not see it.", Rows: []Row{
	attribute("username", text, "The user of basic authentication.", public),
	attribute("password", text, "The password of basic authentication.", sensitive),
	attribute("token", text, "The bearer token.", sensitive),
	attribute("token_url", manifest.URL, "The token endpoint of OAuth2, for the client credentials grant. The token is kept until shortly before it expires, and shared by all runs.", public),
	attribute("client_id", text, "The client identifier for token_url.", public),
	attribute("client_secret", text, "The client secret for token_url.", sensitive),
	attribute("scopes", manifest.List, "The scopes to request from token_url.", public, of(text)),
	attribute("audience", text, "The API that the token is for, if token_url requires that, as Auth0 does.", public),
}}

// sshBlock describes how the host speaks SSH for an integration.
var sshBlock = &Block{Name: "ssh", Doc: "SSH with the integration's own target. vega verifies the host key, logs in and runs the command; the plugin sees none of it and chooses none of it. Nothing secret is sent to a server with another host key.", Rows: []Row{
	attribute("host_keys", manifest.List, "The keys of the server: lines as ssh-keyscan HOST prints them, or of an authorized_keys or known_hosts file, or fingerprints as ssh-keygen -l prints them, such as \"SHA256:…\". Compare them with those on the server. A line also says the type of the key, so that vega asks for that key; with a fingerprint alone, vega may need a connection for each type.", public, of(text)),
	attribute("user", text, "The user to log in as.", public),
	attribute("password", text, "The password of user.", sensitive),
	attribute("private_key", text, "The private key of user: a file in OpenSSH's format or PEM, which is read again when it changes, or its content from env() or file()."),
	attribute("passphrase", text, "The passphrase of private_key.", sensitive),
	attribute("command", text, "The command to run after the login, without a terminal; the login shell of user interprets it. Its first 64 KiB of output are checked. Restrict what the key may do on the server, such as with command=\"…\",restrict in authorized_keys."),
}}

// connectTo describes the address that replaces the target's.
func connectTo() Row {
	return attribute("connect_to", manifest.Address, "The address to connect to instead of the target's, host:port, such as one node behind a load balancer. Host header, SNI, verification and grants stay those of the target; a redirect elsewhere ignores it. A private or loopback address is allowed.", public)
}
