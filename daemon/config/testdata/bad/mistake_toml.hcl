[server]
port = 8080

[[inputs.ping]]
urls = ["a"]
