"""The declarations of jobs, for the widgets: `ui` asks the bridge and never reaches for the jobs themselves."""

from taskmon.jobs import JobType, Parameter, ParameterKind

__all__ = ["JobType", "Parameter", "ParameterKind"]
