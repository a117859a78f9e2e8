"""The daemon as a process of this computer: its environment, its patches, its log, its health and its life."""
