"""Front ends for other programs: HTTP, the Model Context Protocol, and others. They translate; `prover.app` works.

Their libraries are optional (`pip install 'prover[server]'`) and imported when a server is started.
"""
