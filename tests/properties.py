"""How many examples a property is tested with: all in `make test`, a fifth of them in `make check`.

`pytest --hypothesis-profile=fast` chooses the fifth.
"""

from hypothesis import HealthCheck, settings

FULL, FAST = "full", "fast"
FULL_EXAMPLES, FAST_EXAMPLES = 100, 20
FEWEST_EXAMPLES = 5


def register_profiles() -> None:
    """Registers both profiles and loads the full one. Neither measures time: the computer may be busy."""
    untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile(FULL, untimed, max_examples=FULL_EXAMPLES)
    settings.register_profile(FAST, untimed, max_examples=FAST_EXAMPLES)
    settings.load_profile(FULL)


def with_examples(count: int, shared_fixtures: bool = False) -> settings:
    """Returns the settings of a property that needs fewer or more examples than others.

    Args:
        count: The number of examples in the full profile.
        shared_fixtures: All examples share what the test's fixtures set up, and nothing is wrong with that.
    """
    loaded = settings()
    shared = (HealthCheck.function_scoped_fixture,) if shared_fixtures else ()
    return settings(
        max_examples=max(count * loaded.max_examples // FULL_EXAMPLES, FEWEST_EXAMPLES),
        suppress_health_check=[*loaded.suppress_health_check, *shared],
    )
