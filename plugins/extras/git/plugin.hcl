abi         = "vega_v1"
name        = "git"
version     = "1.0.0"
description = "Watches a Git repository behind HTTP."

probe "remote" {
  summary = "Asks a Git server over smart HTTP for the branches of a repository, as git fetch does."
  option "url" {
    type        = "url"
    required    = true
    description = "The repository, as git clone takes it."
  }
  option "branch" {
    type        = "string"
    description = "A branch that has to be there; what HEAD points to unless set."
  }
  option "commit" {
    type        = "string"
    description = "What the branch has to be at: the beginning of a commit's hash."
  }
  option "username" {
    type        = "string"
    default     = "git"
    description = "The user to log in as, where there is a token."
  }
  option "token" {
    type        = "string"
    sensitive   = true
    description = "The token or password, from env() or file()."
  }
  capability "http" {
    reason  = "Asks the server at url for the branches."
    from    = ["url"]
    methods = ["GET"]
  }
}
