package guard

// Verify is the check that Prepare applies to its own output.
var Verify = verify
