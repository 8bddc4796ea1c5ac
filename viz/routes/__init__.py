"""What app.py mounts beside the pages: the live WebSocket, blobs by content hash, front-end modules."""
