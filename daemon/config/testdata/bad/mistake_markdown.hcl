```hcl
server {
  port = 8000
}
```
