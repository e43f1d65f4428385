abi         = "vega_v1"
name        = "git"
version     = "1.0.0"
description = "Monitors a Git repository over HTTP."

probe "remote" {
  summary = "Requests the branches of a repository over smart HTTP, as git fetch does."
  option "url" {
    type        = "url"
    required    = true
    description = "The URL of the repository, as for git clone."
  }
  option "branch" {
    type        = "string"
    description = "A branch that must exist; by default, the one that HEAD points to."
  }
  option "commit" {
    type        = "string"
    description = "The expected commit of the branch: the beginning of its hash."
  }
  option "username" {
    type        = "string"
    default     = "git"
    description = "The user to log in as, if there is a token."
  }
  option "token" {
    type        = "string"
    sensitive   = true
    description = "The token or password, from env() or file()."
  }
  capability "http" {
    reason  = "Requests the branches from the server at url."
    from    = ["url"]
    methods = ["GET"]
  }
}
