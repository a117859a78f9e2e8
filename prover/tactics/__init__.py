"""What proposes tactics."""
