"""One exposition against the contract: everything about it that is not as declared."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from promspec.fetching.words import listed, plain
from promspec.live.contract import Contract, Violation
from promspec.live.exposition import Exposition, Family
from promspec.live.presence import presence
from promspec.live.shape import shape
from promspec.naming import HEARTBEAT
from promspec.plan.contract_tests import ContractFamily
from promspec.problems import near_miss

OWN = ("promspec_", "process_", "python_")
"""How the families begin that promspec and the client library have of themselves."""


def violations(contract: Contract, exposition: Exposition, ignore: Collection[str] = ()) -> Iterator[Violation]:
    """What is not as promised; `ignore` are prefixes of families that nobody needs to declare."""
    if not exposition.samples:
        yield contract.violation(
            "verify/empty", "", "the exposition holds no sample", "look whether the instrumentation is imported at all"
        )
        return
    yield from _heartbeat(contract, exposition)
    for declared in contract.plan.families:
        yield from _family(contract, declared, exposition)
    yield from _budget(contract, exposition)
    yield from _undeclared(contract, exposition, (*OWN, *ignore))


def _family(contract: Contract, declared: ContractFamily, exposition: Exposition) -> Iterator[Violation]:
    found = exposition.families.get(declared.name)
    yield from presence(contract, declared, exposition)
    if found is None:
        return
    yield from _heading(contract, declared, found)
    yield from shape(contract, declared, found, exposition)


def _heading(contract: Contract, declared: ContractFamily, found: Family) -> Iterator[Violation]:
    name = declared.name
    if found.type != declared.type:
        text = f"{name} is exposed as {_a(found.type)}, and declared as {_a(declared.type)}"
        yield contract.violation("verify/type", name, text, "run the instrumentation that this spec generates")
    shown, promised = " ".join(found.help.split()), " ".join(declared.help.split())
    if shown != promised:
        said = f'says "{plain(shown)}"' if shown else "is missing"
        text = f"the help text of {name} {said}"
        yield contract.violation("verify/help", name, text, f'it is declared as "{plain(promised, 160)}"')
    if found.unit and declared.unit and found.unit != declared.unit:
        text = f"{name} is exposed in {plain(found.unit)}, and declared in {declared.unit}"
        yield contract.violation("verify/unit", name, text, "convert the values, or declare what they are")


def _a(type: str) -> str:
    return {"unknown": "of no type", "info": "an info"}.get(type, f"a {plain(type)}")


def _heartbeat(contract: Contract, exposition: Exposition) -> Iterator[Violation]:
    """The instrumentation tells which spec it is of; `contract.plan.digest` is what it should tell."""
    if not contract.plan.families:
        return
    plan, family = contract.plan, exposition.families.get(HEARTBEAT)
    series = [sample for sample in family.samples if sample.label("spec") == plan.spec] if family is not None else []
    digests = [plain(sample.label("digest") or "none", 20) for sample in series if sample.value == 1]
    if not digests:
        text = f"there is no {HEARTBEAT} of the spec {plan.spec}"
        remedy = "import the generated instrumentation; what is not generated may expose this series itself"
        yield contract.violation("verify/heartbeat", "", text, remedy)
    elif digests != [plan.digest]:
        text = f"the process runs {plan.spec} with the digest {listed(digests)}, and this spec has {plan.digest}"
        yield contract.violation("verify/digest", "", text, "deploy what `promspec generate` writes, or check its spec")


def _budget(contract: Contract, exposition: Exposition) -> Iterator[Violation]:
    most = contract.plan.series_budget
    held = [exposition.families[name] for name in contract.families if name in exposition.families]
    count = sum(len(family.samples) for family in held)
    if most and count > most:
        text = f"there are {count:,} series of declared metrics, and the budget of {contract.plan.spec} is {most:,}"
        yield contract.violation("verify/cardinality", "", text, "bound the labels, or raise the spec's series_budget")


def _undeclared(contract: Contract, exposition: Exposition, known: tuple[str, ...]) -> Iterator[Violation]:
    for name in exposition.families:
        if name in contract.families or name in contract.external or name.startswith(known) or name == "target_info":
            continue
        base = name.removesuffix("_created")
        if name != base and (base in contract.families or f"{base}_total" in contract.families):
            continue
        remedy = near_miss(name, contract.families) or "declare it in the spec, or name its prefix: --ignore"
        text = f"{plain(name)} is exposed, and not declared"
        yield contract.violation("verify/undeclared", "", text, remedy, aspect=name)
