import Gateway
/-!
Imported by a process before it is saved: processes that continue it have imported the base library for files already.

Nothing is elaborated here that starts a thread, as `exact?` does: a process with threads cannot be saved.
-/

initialize Gateway.prepare
