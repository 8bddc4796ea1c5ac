"""Front-end components: a typed Python wrapper and plain ES modules each, no build step."""
