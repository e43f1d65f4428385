plugins {
  trusted_keys = ["RWQ", env("NOBODY_SET_THIS")]
}
