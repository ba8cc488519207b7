"""A running instance: SpiffWorkflow's workflow, subworkflow and task, kept flat.

SpiffWorkflow grows a tree of past, present and predicted tasks; joins, loops and boundary events are decided by
searching it, which is where its wrong results, its depth limits and the size of its state come from. Here a task is
a *token*: it is born where it waits or acts, and it is gone when it has left. Nothing is predicted and nothing past
is kept, so there is nothing to prune, and a state stays as small after fifty escalations as after one.

Data live in frames, one for each process: embedded subprocesses share their process's frame, so what an interrupted
subprocess has found out is not lost, and parallel branches see each other's writes. A called process and each
instance of a multi-instance have a frame of their own, given back when they end.
"""

from __future__ import annotations

from engine.runtime.instance.frames import Frame, check_data
from engine.runtime.instance.tokens import Scope, Token

from engine.runtime.instance.moves import Instance  # isort: skip

__all__ = ["Frame", "Instance", "Scope", "Token", "check_data"]
