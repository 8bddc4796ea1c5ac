"""Hosting of runs: one supervisor process, one worker process a run, a store on disk and the client of the web side."""
