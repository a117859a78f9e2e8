"""What can go wrong between the prover and Lean. Every message names the thing at fault and what to do.

ProverError
└── ToolchainError          there is no Lean to run
    ├── NodeMissing         no Node.js, which the embedded toolchain runs on
    ├── NodeTooOld          only an older Node.js than the embedded toolchain needs
    ├── ToolchainMissing    a toolchain or its gateway is not installed
    ├── InstallFailed       an installation did not come to its end
    └── NativeLeanFailed    a native Lean was found but does not run
"""


class ProverError(Exception):
    """The root of everything that this project raises on purpose."""


class ToolchainError(ProverError):
    """There is no Lean to run."""


class NodeMissing(ToolchainError):
    """Node.js, or the npm that comes with it, was not found."""


class NodeTooOld(ToolchainError):
    """Node.js was found, but only a version that refuses Lean's module."""


class ToolchainMissing(ToolchainError):
    """A toolchain or its gateway is not installed."""


class InstallFailed(ToolchainError):
    """An installation did not come to its end; what it had finished is kept for the next try."""


class NativeLeanFailed(ToolchainError):
    """A native Lean was found but does not run."""
