"""What the linter asks of a protocol, one file a matter: structure, words, separation, family."""
