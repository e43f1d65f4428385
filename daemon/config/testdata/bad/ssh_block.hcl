integration "empty" {
  probe = core.ssh
  config {
    address = "10.0.0.5:22"
  }
  ssh {
  }
}
integration "half" {
  probe = core.ssh
  config {
    address = "10.0.0.5:22"
  }
  ssh {
    password   = env("SSH_PASSWORD")
    passphrase = env("SSH_PASSPHRASE")
  }
}
integration "command" {
  probe = core.ssh
  config {
    address = "10.0.0.5:22"
  }
  ssh {
    host_keys = ["SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDLTfLBMk7n5S9iBcQ"]
    user      = "vega"
    command   = "uptime"
  }
}
integration "keys" {
  probe = core.ssh
  config {
    address = "10.0.0.5:22"
  }
  ssh {
    host_keys = [
      "16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
      "SHA256:tooshort",
      "web.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
      "ssh-dss AAAAB3NzaC1kc3MAAACBAP",
      "web.example.com",
      "256 SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDLTfLBMk7n5S9iBcQ root@web (ED25519)",
    ]
    user        = "vega"
    private_key = "ssh_block.hcl"
  }
}
integration "elsewhere" {
  probe = core.tcp
  config {
    address = "10.0.0.5:22"
  }
  ssh {
    host_keys = ["SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDLTfLBMk7n5S9iBcQ"]
  }
}
integration "plain" {
  probe = core.ssh
  config {
    address = "10.0.0.5:22"
  }
  ssh {
    host_keys = ["SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDLTfLBMk7n5S9iBcQ"]
    user      = "vega"
    password  = "a literal password"
  }
}
