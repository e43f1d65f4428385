{
  "server": { "port": 8080 },
  "integration": { "a": {} }
}
