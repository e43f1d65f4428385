package guard

// Verify is what Prepare holds its own work to.
var Verify = verify
