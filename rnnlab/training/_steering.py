"""Changes of settings during training: applied, recorded and saved.

The worker is the only writer of config.toml after the start of a run. A change is complete once the
checkpoint that follows it is written: a run that is killed later resumes with the change.
"""

from __future__ import annotations

from rnnlab.base.errors import BadInputError
from rnnlab.base.files import replace_text
from rnnlab.runs.pending import drop_pending, read_pending
from rnnlab.settings.changes import Changes, Progress, changed, differences
from rnnlab.training._session import Session


def change(session: Session, changes: Changes) -> None:
    """Continue with changed settings: write config.toml, an event and a checkpoint.

    The count of validations without improvement begins again. A new learning rate replaces also the
    factor by which plateaus and rollbacks have lowered the previous one. An invalid change is
    logged and ignored.
    """
    state = session.state
    progress = Progress(state.step, session.epoch, state.elapsed_s / 60)
    try:
        config = changed(session.config, changes, progress)
        text = differences(session.config, config)
        session.check_folder()
        if text:
            replace_text(session.paths.config, config.to_toml(), durable=True)
    except BadInputError as error:
        session.log.note("note", str(error))
        return
    except OSError as error:
        problem = (
            f"settings unchanged: cannot write {session.paths.config}: {error.strerror or error}"
        )
        session.log.note("note", problem)
        return
    session.config, state.changed, state.num_stale = config, {}, 0
    if "lr" in changes:
        state.lr_scale = 1.0
    if text:
        session.log.note("set", text)
    session.save()


def apply_pending(session: Session) -> None:
    """Apply the changes that were made before this worker started."""
    changes = read_pending(session.paths)
    if changes:
        change(session, changes)
        drop_pending(session.paths)
