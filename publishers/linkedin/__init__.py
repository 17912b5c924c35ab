"""LinkedIn: its "little text", its API through httpx2, and the publisher."""
