# The manifest of the plugin that ships with vega: its probes, the options of
# each, and what each may ask of the host. Writing a target in an integration's
# config grants it; nothing else is granted implicitly.

abi         = "vega_v1"
name        = "core"
version     = "0.1.0"
description = "The probes that ship with vega."

probe "http" {
  summary = "Sends an HTTP request and checks status, body, latency and certificate."
  option "url" {
    type        = "url"
    required    = true
    description = "The URL to request."
  }
  option "method" {
    type        = "string"
    default     = "GET"
    one_of      = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    description = "The HTTP method."
  }
  option "headers" {
    type        = "map"
    format      = "request_headers"
    description = "Headers to send, by name."
  }
  option "body" {
    type        = "string"
    description = "The request body."
  }
  option "expect_status" {
    type        = "list"
    of          = "number"
    min         = 200
    max         = 599
    description = "The accepted statuses; 200 to 299 if not set."
  }
  option "expect_headers" {
    type        = "map"
    of          = "any"
    format      = "header_conditions"
    description = "Conditions on the response's headers, by name, such as { \"Content-Type\" = \"=~ ^text/html\", \"exists(Server)\" = false }. The operators are those of expect_json. One of several values must meet the condition, or each of them with != and !~ and with all(NAME)."
  }
  option "expect_body" {
    type        = "string"
    conflicts   = ["method=HEAD"]
    description = "A text that the first 1 MiB of the body must contain. The body is converted from its charset to UTF-8 first."
  }
  option "expect_regex" {
    type        = "string"
    format      = "regex"
    conflicts   = ["method=HEAD"]
    description = "A regular expression (RE2) that must match in the first 1 MiB of the body."
  }
  option "reject_body" {
    type        = "string"
    conflicts   = ["method=HEAD"]
    description = "A text that the body must not contain."
  }
  option "reject_regex" {
    type        = "string"
    format      = "regex"
    conflicts   = ["method=HEAD"]
    description = "A regular expression (RE2) that must not match in the body."
  }
  option "expect_json" {
    type        = "map"
    of          = "any"
    format      = "json_conditions"
    conflicts   = ["method=HEAD"]
    description = "Conditions on the body's JSON, by path, such as { \"data[0].state\" = \"up\", \"data[*].load\" = \"< 0.9\", \"len(data)\" = \">= 3\", \"exists(error)\" = false, \"any(data[*].role)\" = \"leader\" }. The operators are ==, !=, <, <=, >, >=, =~ and !~ (RE2). Text is equal if it has the same characters, a number if it has the same value."
  }
  option "min_body_size" {
    type        = "size"
    max         = 8388608
    conflicts   = ["method=HEAD"]
    description = "Unhealthy if the body is smaller."
  }
  option "max_body_size" {
    type        = "size"
    max         = 8388608
    conflicts   = ["method=HEAD"]
    description = "Unhealthy if the body is larger."
  }
  option "follow_redirects" {
    type        = "bool"
    default     = true
    description = "Follow up to 10 redirects. Each must lead to a granted destination."
  }
  option "max_latency" {
    type        = "duration"
    description = "Degraded if the response takes longer, from the start of the name lookup to the end of the body, redirects included. Where the body is not read to its end (a stream, a body of more than 1 MiB, a content encoding that vega does not read), to the end of the headers."
  }
  option "min_cert_days" {
    type        = "number"
    min         = 0
    description = "Degraded if the certificate is valid for fewer days, or that of a server that redirected, or if there is none."
  }
  capability "http" {
    reason  = "Sends the configured request and follows its redirects."
    from    = ["url"]
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
  }
}
probe "grpc" {
  summary = "Asks a gRPC server for its health, or makes a unary call and checks the answer."
  option "url" {
    type        = "url"
    required    = true
    description = "The server, such as https://grpc.example.com or, without TLS, http://10.0.0.5:50051. A path is put before that of the call."
  }
  option "service" {
    type        = "string"
    conflicts   = ["method"]
    description = "The service whose health is asked for, such as shop.Orders; the whole server if not set. The server needs the service grpc.health.v1.Health."
  }
  option "method" {
    type        = "string"
    pattern     = "^/?[A-Za-z_][A-Za-z0-9_.]*/[A-Za-z_][A-Za-z0-9_]*$"
    description = "A unary call to make instead, such as \"shop.Orders/List\"."
  }
  option "request_hex" {
    type        = "string"
    pattern     = "^([0-9A-Fa-f]{2}\\s*)*$"
    requires    = ["method"]
    description = "The request message in hexadecimal, such as \"0a0161\", as protoc --encode and xxd -p print it; an empty message if not set."
  }
  option "expect_status" {
    type        = "string"
    requires    = ["method"]
    one_of      = ["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"]
    description = "The status with which the call must end; OK if not set. UNAUTHENTICATED checks a server without logging in."
  }
  option "expect" {
    type        = "string"
    requires    = ["method"]
    description = "A text that the bytes of the answer must contain. A string in a protobuf message is there as it is."
  }
  option "reject" {
    type        = "string"
    requires    = ["method"]
    description = "A text that the bytes of the answer must not contain."
  }
  option "metadata" {
    type        = "map"
    format      = "request_headers"
    description = "Metadata to send, by name, such as { authorization = \"Bearer …\" }."
  }
  option "max_latency" {
    type        = "duration"
    description = "Degraded if the call takes longer, from the start of the name lookup to its status."
  }
  option "min_cert_days" {
    type        = "number"
    min         = 0
    description = "Degraded if the certificate is valid for fewer days, or if there is none."
  }
  capability "http" {
    reason  = "Sends the call over HTTP/2."
    from    = ["url"]
    methods = ["POST"]
  }
}

probe "flow" {
  summary = "Sends several HTTP requests, one after the other, and takes values from answers into later ones. Cookies are kept."
  option "steps" {
    type        = "list"
    of          = "object"
    required    = true
    description = "The requests, in order. The first that fails ends the check."
    field "name" {
      type        = "string"
      required    = true
      unique      = true
      pattern     = "[a-z][a-z0-9_-]{0,39}"
      description = "The name of the step in messages and metrics, such as \"login\"."
    }
    field "url" {
      type        = "url"
      required    = true
      fills       = true
      description = "The URL to request. {name} in its path or query stands for a value that an earlier step takes."
    }
    field "method" {
      type        = "string"
      default     = "GET"
      one_of      = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
      description = "The HTTP method."
    }
    field "headers" {
      type        = "map"
      format      = "request_headers"
      fills       = true
      description = "Headers to send, by name; {name} as in url."
    }
    field "body" {
      type        = "string"
      fills       = true
      description = "The request body; {name} as in url. A value is escaped as JSON or as a form, by the body's Content-Type."
    }
    field "take" {
      type        = "map"
      format      = "takes"
      description = "Values to take from the answer, by name: \"json: PATH\", \"header: NAME\", \"cookie: NAME\", or \"regex: EXPRESSION\" for what its group matches. They are not shown in results."
    }
    field "expect_status" {
      type        = "list"
      of          = "number"
      min         = 200
      max         = 599
      description = "The accepted statuses; 200 to 299 if not set."
    }
    field "expect_headers" {
      type        = "map"
      of          = "any"
      format      = "header_conditions"
      description = "Conditions on headers, as in core.http."
    }
    field "expect_body" {
      type        = "string"
      conflicts   = ["method=HEAD"]
      description = "A text that the first 1 MiB of the body must contain."
    }
    field "expect_regex" {
      type        = "string"
      format      = "regex"
      conflicts   = ["method=HEAD"]
      description = "A regular expression (RE2) that must match in the body."
    }
    field "reject_body" {
      type        = "string"
      conflicts   = ["method=HEAD"]
      description = "A text that the body must not contain."
    }
    field "expect_json" {
      type        = "map"
      of          = "any"
      format      = "json_conditions"
      conflicts   = ["method=HEAD"]
      description = "Conditions on the body's JSON, as in core.http."
    }
    field "follow_redirects" {
      type        = "bool"
      default     = true
      description = "Follow up to 10 redirects, to granted destinations."
    }
    field "max_latency" {
      type        = "duration"
      description = "Degraded if the step takes longer."
    }
  }
  option "max_latency" {
    type        = "duration"
    description = "Degraded if all steps together take longer."
  }
  capability "http" {
    reason  = "Sends the request of each step and follows its redirects."
    from    = ["steps.url"]
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
  }
}

probe "web_fetch" {
  summary = "Like http, with the time of each phase (DNS, connect, TLS, first byte) as a metric."
  option "url" {
    type        = "url"
    required    = true
    description = "The URL to request."
  }
  option "method" {
    type        = "string"
    default     = "GET"
    one_of      = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    description = "The HTTP method."
  }
  option "headers" {
    type        = "map"
    format      = "request_headers"
    description = "Headers to send, by name."
  }
  option "body" {
    type        = "string"
    description = "The request body."
  }
  option "expect_status" {
    type        = "list"
    of          = "number"
    min         = 200
    max         = 599
    description = "The accepted statuses; 200 to 299 if not set."
  }
  option "expect_headers" {
    type        = "map"
    of          = "any"
    format      = "header_conditions"
    description = "Conditions on the response's headers, by name, such as { \"Content-Type\" = \"=~ ^text/html\", \"exists(Server)\" = false }. The operators are those of expect_json. One of several values must meet the condition, or each of them with != and !~ and with all(NAME)."
  }
  option "expect_body" {
    type        = "string"
    conflicts   = ["method=HEAD"]
    description = "A text that the first 1 MiB of the body must contain. The body is converted from its charset to UTF-8 first."
  }
  option "expect_regex" {
    type        = "string"
    format      = "regex"
    conflicts   = ["method=HEAD"]
    description = "A regular expression (RE2) that must match in the first 1 MiB of the body."
  }
  option "reject_body" {
    type        = "string"
    conflicts   = ["method=HEAD"]
    description = "A text that the body must not contain."
  }
  option "reject_regex" {
    type        = "string"
    format      = "regex"
    conflicts   = ["method=HEAD"]
    description = "A regular expression (RE2) that must not match in the body."
  }
  option "expect_json" {
    type        = "map"
    of          = "any"
    format      = "json_conditions"
    conflicts   = ["method=HEAD"]
    description = "Conditions on the body's JSON, by path, such as { \"data[0].state\" = \"up\", \"data[*].load\" = \"< 0.9\", \"len(data)\" = \">= 3\", \"exists(error)\" = false, \"any(data[*].role)\" = \"leader\" }. The operators are ==, !=, <, <=, >, >=, =~ and !~ (RE2). Text is equal if it has the same characters, a number if it has the same value."
  }
  option "min_body_size" {
    type        = "size"
    max         = 8388608
    conflicts   = ["method=HEAD"]
    description = "Unhealthy if the body is smaller."
  }
  option "max_body_size" {
    type        = "size"
    max         = 8388608
    conflicts   = ["method=HEAD"]
    description = "Unhealthy if the body is larger."
  }
  option "follow_redirects" {
    type        = "bool"
    default     = true
    description = "Follow up to 10 redirects. Each must lead to a granted destination."
  }
  option "max_latency" {
    type        = "duration"
    description = "Degraded if the response takes longer, from the start of the name lookup to the end of the body, redirects included. Where the body is not read to its end (a stream, a body of more than 1 MiB, a content encoding that vega does not read), to the end of the headers."
  }
  option "min_cert_days" {
    type        = "number"
    min         = 0
    description = "Degraded if the certificate is valid for fewer days, or that of a server that redirected, or if there is none."
  }
  capability "http" {
    reason  = "Sends the configured request and follows its redirects."
    from    = ["url"]
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
  }
}

probe "tcp" {
  summary = "Connects, and optionally sends a text and waits for a reply."
  option "address" {
    type        = "address"
    required    = true
    description = "The address to connect to, host:port, such as ssh.example.com:22."
  }
  option "send" {
    type        = "string"
    description = "A text to send once connected."
  }
  option "expect" {
    type        = "string"
    description = "A text that must come back within the first 64 KiB; unknown if more comes back without it."
  }
  option "tls" {
    type        = "bool"
    default     = false
    description = "Use TLS and verify the certificate."
  }
  option "min_cert_days" {
    type        = "number"
    min         = 0
    requires    = ["tls=true"]
    description = "Degraded if the certificate is valid for fewer days."
  }
  capability "net" {
    reason  = "Connects to the configured address."
    from    = ["address"]
    methods = ["tcp", "tls"]
  }
}
probe "udp" {
  summary = "Sends a datagram and checks what comes back."
  option "address" {
    type        = "address"
    required    = true
    description = "The address to send to, host:port, such as ntp.example.com:123."
  }
  option "send" {
    type        = "string"
    description = "A text to send; an empty datagram if neither this nor send_hex is set."
  }
  option "send_hex" {
    type        = "string"
    conflicts   = ["send"]
    pattern     = "^([0-9A-Fa-f]{2}\\s*)*$"
    description = "Bytes to send, in hexadecimal, such as \"00ff\"."
  }
  option "expect" {
    type        = "string"
    description = "A text that the answer must contain. Without this and expect_hex, an answer is not needed: unhealthy only if the target reports that nothing listens there, because silence proves nothing over UDP."
  }
  option "expect_hex" {
    type        = "string"
    conflicts   = ["expect"]
    pattern     = "^([0-9A-Fa-f]{2}\\s*)*$"
    description = "Bytes that the answer must contain, in hexadecimal, such as \"00ff\"."
  }
  option "retries" {
    type        = "number"
    default     = 2
    min         = 0
    max         = 10
    description = "How often to send again if nothing comes back, because UDP loses datagrams. The tries share the timeout."
  }
  option "max_latency" {
    type        = "duration"
    description = "Degraded if the answer comes later after the datagram that was sent last."
  }
  capability "net" {
    reason  = "Sends datagrams to the configured address."
    from    = ["address"]
    methods = ["udp"]
  }
}

probe "websocket" {
  summary = "Opens a WebSocket, and optionally sends a message and waits for another."
  option "url" {
    type        = "url"
    schemes     = ["ws", "wss"]
    required    = true
    description = "The URL of the WebSocket, such as wss://example.com/live. No redirect is followed."
  }
  option "headers" {
    type        = "map"
    format      = "request_headers"
    description = "Headers of the upgrade, by name, such as Origin."
  }
  option "protocol" {
    type        = "string"
    pattern     = "[!#$%&'*+.^_`|~0-9A-Za-z-]+(, ?[!#$%&'*+.^_`|~0-9A-Za-z-]+)*"
    description = "The subprotocol to offer, such as \"mqtt\", or several, separated by commas. Unhealthy if the server chooses another, or none."
  }
  option "send" {
    type        = "string"
    description = "A text message to send once the WebSocket is open."
  }
  option "expect" {
    type        = "string"
    description = "A text that one of the first 100 messages, of at most 16 MiB together, must contain."
  }
  option "expect_regex" {
    type        = "string"
    format      = "regex"
    description = "A regular expression (RE2) that must match in one of these messages, the one that contains expect."
  }
  option "max_latency" {
    type        = "duration"
    description = "Degraded if opening the WebSocket and the expected message take longer."
  }
  option "min_cert_days" {
    type        = "number"
    min         = 0
    description = "Degraded if the certificate is valid for fewer days."
  }
  capability "websocket" {
    reason = "Opens the configured WebSocket."
    from   = ["url"]
  }
}

probe "icmp" {
  summary = "Sends echo requests (ping) and checks loss, round trip time and jitter."
  option "host" {
    type        = "string"
    required    = true
    pattern     = "[^\\s/@*\\\\]+"
    description = "The name or address of the host, such as \"router.example.com\" or \"10.0.0.1\"."
  }
  option "count" {
    type        = "number"
    default     = 3
    min         = 1
    max         = 100
    description = "How many requests to send."
  }
  option "interval" {
    type        = "duration"
    default     = "200ms"
    description = "The time between two requests, at least 10ms. The run needs (count - 1) * interval + wait, which must be less than its timeout."
  }
  option "wait" {
    type        = "duration"
    default     = "1s"
    description = "How long to wait for the reply to each request. A later reply counts as lost."
  }
  option "size" {
    type        = "number"
    default     = 56
    min         = 0
    max         = 65500
    description = "Bytes of payload of each request; a run sends at most 1 MiB."
  }
  option "ttl" {
    type        = "number"
    min         = 1
    max         = 255
    description = "The time to live, or hop limit, of the requests; the system's if not set."
  }
  option "family" {
    type        = "string"
    one_of      = ["4", "6"]
    description = "Use only IPv4 or only IPv6; the first address of the host if not set."
  }
  option "degraded_loss" {
    type        = "number"
    default     = 0
    min         = 0
    max         = 100
    description = "Degraded if a larger percentage of the requests is lost."
  }
  option "max_loss" {
    type        = "number"
    default     = 99
    min         = 0
    max         = 99
    description = "Unhealthy if a larger percentage of the requests is lost. By default that is when no request is answered."
  }
  option "max_rtt" {
    type        = "duration"
    description = "Degraded if the average round trip time is longer."
  }
  option "max_jitter" {
    type        = "duration"
    description = "Degraded if the jitter is larger: the mean difference between the round trip times of successive replies."
  }
  capability "icmp" {
    reason = "Sends echo requests to the configured host."
    from   = ["host"]
  }
}

probe "dns" {
  summary = "Makes a DNS query and checks the records."
  option "name" {
    type        = "string"
    required    = true
    pattern     = "[^\\s/:@*\\\\]+|[0-9A-Fa-f:.]+"
    description = "The name to query; for PTR also an address."
  }
  option "type" {
    type        = "string"
    default     = "A"
    one_of      = ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"]
    description = "The record type."
  }
  option "server" {
    type        = "address"
    description = "The DNS server, host:port, such as ns1.example.com:53; the system's if not set."
  }
  option "expect" {
    type        = "list"
    description = "Records that the reply must contain, such as \"192.0.2.1\", \"10 mail.example.com\" or the text of a TXT record. Addresses, names and numbers may be in any form; for MX and SRV the name alone will do, and for SOA the serial."
  }
  capability "dns" {
    reason = "Queries the configured name at the configured server."
    from   = ["name", "server"]
  }
}

probe "tls" {
  summary = "Checks a certificate (chain, name, days left) and the TLS version."
  option "address" {
    type        = "address"
    required    = true
    description = "The address of the server, host:port."
  }
  option "server_name" {
    type        = "string"
    description = "The name that the certificate must be valid for; the host of address if not set."
  }
  option "min_days" {
    type        = "number"
    default     = 14
    min         = 0
    description = "Degraded if the certificate is valid for fewer days."
  }
  option "min_version" {
    type        = "string"
    one_of      = ["1.2", "1.3"]
    description = "The minimum TLS version."
  }
  option "starttls" {
    type        = "string"
    one_of      = ["smtp", "imap", "pop3", "ftp", "postgres"]
    description = "The protocol of STARTTLS; if not set, TLS starts at once."
  }
  capability "net" {
    reason  = "Makes a TLS handshake with the configured address."
    from    = ["address"]
    methods = ["tcp", "tls"]
  }
}

probe "smtp" {
  summary = "Greets a mail server and starts TLS. It sends no mail. On port 25, a bad certificate is degraded."
  option "address" {
    type        = "address"
    required    = true
    description = "The address of the server, host:port, such as mail.example.com:25."
  }
  option "tls" {
    type        = "bool"
    description = "TLS starts at once, without STARTTLS; if not set, on port 465 only."
  }
  option "starttls" {
    type        = "bool"
    default     = true
    description = "Start TLS with STARTTLS; unhealthy if the server does not offer it. Without effect if TLS starts at once."
  }
  option "helo" {
    type        = "string"
    default     = "vega.invalid"
    pattern     = "[A-Za-z0-9.:\\[\\]-]+"
    description = "The client name in the greeting."
  }
  option "min_cert_days" {
    type        = "number"
    min         = 0
    description = "Degraded if the certificate is valid for fewer days, or if there is none."
  }
  capability "net" {
    reason  = "Connects to the configured mail server."
    from    = ["address"]
    methods = ["tcp", "tls"]
  }
}

probe "ssh" {
  summary = "Checks the host key of an SSH server, logs in and runs a command, as the integration's ssh block says. Without that block, it shows identification and fingerprint."
  option "address" {
    type        = "address"
    required    = true
    description = "The address of the server, host:port, such as web.example.com:22."
  }
  option "expect_version" {
    type        = "string"
    description = "A text that the identification of the server must contain, such as OpenSSH."
  }
  option "exit_status" {
    type        = "list"
    of          = "number"
    min         = 0
    max         = 255
    conflicts   = ["nagios=true"]
    description = "The accepted exit statuses of the command; 0 if not set."
  }
  option "expect" {
    type        = "string"
    conflicts   = ["nagios=true"]
    description = "A text that the first 64 KiB of the command's output must contain."
  }
  option "expect_regex" {
    type        = "string"
    format      = "regex"
    conflicts   = ["nagios=true"]
    description = "A regular expression (RE2) that must match in the first 64 KiB of the command's output."
  }
  option "reject" {
    type        = "string"
    conflicts   = ["nagios=true"]
    description = "A text that the first 64 KiB of the command's output must not contain."
  }
  option "nagios" {
    type        = "bool"
    default     = false
    description = "The command is a Nagios plugin: exit status 0 is healthy, 1 degraded, 2 unhealthy and 3 unknown, and its first line is the message."
  }
  option "max_latency" {
    type        = "duration"
    description = "Degraded if connection, login and command together take longer."
  }
  capability "ssh" {
    reason = "Connects to the configured address; vega logs in and runs the command."
    from   = ["address"]
  }
}

probe "redis" {
  summary = "Authenticates if a password is set, and sends PING."
  option "address" {
    type        = "address"
    required    = true
    description = "The address of the server, host:port, such as redis.example.com:6379."
  }
  option "tls" {
    type        = "bool"
    default     = false
    description = "Use TLS and verify the certificate."
  }
  option "username" {
    type        = "string"
    requires    = ["password"]
    description = "The ACL user; the default user if not set."
  }
  option "password" {
    type        = "string"
    sensitive   = true
    description = "The password, preferably from env()."
  }
  option "cluster" {
    type        = "bool"
    default     = false
    description = "Unhealthy if the cluster that the server belongs to is down, although the server itself answers. The user needs +cluster|info."
  }
  option "min_cert_days" {
    type        = "number"
    min         = 0
    requires    = ["tls=true"]
    description = "Degraded if the certificate is valid for fewer days."
  }
  capability "net" {
    reason  = "Connects to the configured Redis server."
    from    = ["address"]
    methods = ["tcp", "tls"]
  }
}

probe "llm" {
  summary = "Asks a model server for its version and models; it generates nothing."
  option "backend" {
    type        = "string"
    default     = "ollama"
    one_of      = ["ollama", "hf"]
    description = "ollama, or hf for Text Generation Inference and servers with OpenAI's API."
  }
  option "base_url" {
    type        = "url"
    required    = true
    description = "The base URL of the server, such as http://127.0.0.1:11434."
  }
  option "model" {
    type        = "string"
    description = "A model that the server must have, by the naming rules of its registry: for Ollama, case does not count, and the tag latest and the namespace library may be left out; degraded if it does not have the model."
  }
  option "api_key" {
    type        = "string"
    sensitive   = true
    description = "A bearer token, preferably from env()."
  }
  capability "http" {
    reason  = "Asks the configured model server for its version and models."
    from    = ["base_url"]
    methods = ["GET"]
  }
}

probe "docker" {
  summary   = "Checks containers of Docker or Podman: that they run, that their health checks pass, and how often they were restarted."
  needs_any = ["socket", "url"]
  option "socket" {
    type        = "string"
    conflicts   = ["url"]
    description = "The path of the socket of Docker or Podman, such as \"/run/docker.sock\" or \"/run/podman/podman.sock\". Only GET requests are sent. A path whose last element is a link is refused."
  }
  option "url" {
    type        = "url"
    description = "The base URL of the API, instead of socket, such as https://docker.example.com:2376. The certificates go into the tls block."
  }
  option "containers" {
    type        = "list"
    description = "The names of containers that must run and, if they have a health check, pass it. If not set, all containers are looked at: it is degraded if the health check of one fails, or if one is restarting or dead."
  }
  option "max_restarts" {
    type        = "number"
    min         = 0
    requires    = ["containers"]
    description = "Degraded if a container was restarted more often since it was created."
  }
  option "ignore" {
    type        = "list"
    conflicts   = ["containers"]
    description = "The names of containers that are not looked at."
  }
  capability "unix" {
    reason   = "Reads the state of containers over the configured socket."
    from     = ["socket"]
    methods  = ["GET"]
    optional = true
  }
  capability "http" {
    reason   = "Reads the state of containers from the configured URL."
    from     = ["url"]
    methods  = ["GET"]
    optional = true
  }
}

probe "database" {
  summary = "Runs a read-only query on a configured database."
  option "database" {
    type        = "database"
    required    = true
    description = "The database, such as database.app; database.vega is vega's own."
  }
  option "query" {
    type        = "string"
    default     = "SELECT 1"
    sql         = true
    description = "The query. A number in the first column becomes the metric value."
  }
  option "min_rows" {
    type        = "number"
    default     = 0
    min         = 0
    max         = 10000
    description = "Unhealthy if the query returns fewer rows."
  }
  option "max_latency" {
    type        = "duration"
    description = "Degraded if the query is slower."
  }
  capability "sql" {
    reason = "Runs the configured query, read-only."
    from   = ["database"]
  }
}

probe "web_search" {
  summary  = "Sends one query to DuckDuckGo's page without scripts and counts the results."
  interval = "15m"
  option "base_url" {
    type        = "url"
    default     = "https://html.duckduckgo.com/html/"
    description = "The page to request, with the query as q."
  }
  option "query" {
    type        = "string"
    default     = "wikipedia"
    description = "What to search for."
  }
  capability "http" {
    reason  = "Sends one search."
    from    = ["base_url"]
    methods = ["GET"]
  }
}

probe "osint" {
  summary   = "Asks Shodan and Hunter whether the key is valid and how many credits are left, without using any."
  interval  = "15m"
  needs_any = ["shodan_key", "hunter_key"]
  option "shodan_key" {
    type        = "string"
    sensitive   = true
    description = "The Shodan API key, preferably from env()."
  }
  option "hunter_key" {
    type        = "string"
    sensitive   = true
    description = "The Hunter API key, preferably from env()."
  }
  option "min_credits" {
    type        = "number"
    default     = 10
    min         = 0
    description = "Degraded if fewer credits of any kind are left."
  }
  option "shodan_url" {
    type        = "url"
    default     = "https://api.shodan.io"
    description = "The base URL of Shodan's API."
  }
  option "hunter_url" {
    type        = "url"
    default     = "https://api.hunter.io"
    description = "The base URL of Hunter's API."
  }
  capability "http" {
    reason  = "Asks the two services about your account."
    from    = ["shodan_url", "hunter_url"]
    methods = ["GET"]
  }
}

probe "slack" {
  summary   = "Checks a webhook or a bot token without posting a message."
  needs_any = ["webhook_url", "bot_token"]
  option "webhook_url" {
    type        = "url"
    sensitive   = true
    description = "An incoming webhook, preferably from env(). Not a workflow trigger: an empty payload may start the workflow."
  }
  option "bot_token" {
    type        = "string"
    sensitive   = true
    description = "A bot token (xoxb-…), preferably from env()."
  }
  option "base_url" {
    type        = "url"
    default     = "https://slack.com/api"
    description = "The base URL of Slack's Web API."
  }
  capability "http" {
    reason  = "Posts an empty payload, which the webhook rejects, and asks who owns the token."
    from    = ["webhook_url", "base_url"]
    methods = ["POST"]
  }
}

probe "home_assistant" {
  summary = "Asks Home Assistant for its state and version."
  option "base_url" {
    type        = "url"
    required    = true
    description = "The base URL of Home Assistant, such as http://homeassistant.local:8123."
  }
  option "token" {
    type        = "string"
    required    = true
    sensitive   = true
    description = "A long-lived access token, preferably from env()."
  }
  capability "http" {
    reason  = "Reads the API's state and version."
    from    = ["base_url"]
    methods = ["GET"]
  }
}

probe "heartbeat" {
  summary = "Waits for a job to report by HTTP, and is unhealthy when a report is late."
  option "token" {
    type        = "string"
    required    = true
    sensitive   = true
    description = "What the job sends to identify itself, preferably from env(): at least 16 characters."
  }
  option "grace" {
    type        = "duration"
    min         = 1
    max         = 31536000
    description = "How late a report may be, and how long a job that reports its start may run. Default: the interval, 5m at most."
  }
  option "cron" {
    type        = "string"
    description = "When the job runs, instead of the integration's interval: the five fields of a crontab, such as \"30 3 * * 1-5\", or @hourly, @daily, @weekly, @monthly or @yearly. A time that the clock skips runs at the end of the gap, one that exists twice runs once; with * at the beginning of the minute or hour, the job runs whenever the clock shows a matching time."
  }
  option "timezone" {
    type        = "string"
    default     = "UTC"
    requires    = ["cron"]
    description = "The time zone of cron, such as \"Europe/Berlin\"."
  }
  option "get" {
    type        = "bool"
    default     = false
    description = "Whether a GET request also counts as a report. Link previews, scanners and prefetching browsers send GET requests, too."
  }
}
