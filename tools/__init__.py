"""Small programs around the project: setting up, finding a browser, starting. They need the standard library only."""
