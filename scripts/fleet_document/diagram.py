"""The state machine as a Mermaid diagram."""

from collections.abc import Iterator
from typing import Any

State = dict[str, Any]


def mermaid(definition: State) -> str:
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines(definition, "  "), "```", ""])


def lines(machine: State, indent: str) -> Iterator[str]:
    """The states of a machine in the order of its definition; maps with the machine of their children in them."""
    yield f"{indent}[*] --> {machine['StartAt']}"
    for name, state in machine["States"].items():
        if "ItemProcessor" in state:
            yield f'{indent}state "{name}: {of_map(state)}" as {name} {{'
            yield from lines(state["ItemProcessor"], indent + "  ")
            yield f"{indent}}}"
        for way, why in ways(state):
            yield f"{indent}{name} --> {way}" + (f": {why}" if why else "")


def of_map(state: State) -> str:
    mode = state["ItemProcessor"].get("ProcessorConfig", {}).get("Mode", "INLINE")
    return "children" if mode == "DISTRIBUTED" else "in one child"


def ways(state: State) -> Iterator[tuple[str, str]]:
    for choice in state.get("Choices", []):
        yield choice["Next"], ""
    if "Default" in state:
        yield state["Default"], "otherwise"
    for catcher in state.get("Catch", []):
        errors = catcher["ErrorEquals"]
        yield catcher["Next"], errors[0] if len(errors) == 1 else "after all attempts"
    if "Next" in state:
        yield state["Next"], ""
    if state.get("End") or state["Type"] in ("Succeed", "Fail"):
        yield "[*]", state.get("Error", "")
