"""The application layer: use cases on top of the domain packages, for every interface."""
