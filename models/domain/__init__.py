"""Pure rules: no Qt, no SQL, no HTTP, no clock and no randomness of their own."""
