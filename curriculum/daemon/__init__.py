"""Looking after repositories for weeks: polling, tracing, proving, learning, and going on whatever happens."""
