"""Numbers and states of hosts and rentals, in words."""

import time
from collections.abc import Iterator, Sequence

from desktop.look import vocabulary, words
from engine.language import digits, tr, trn
from engine.model import Device, HostKind, HostState, HostStatus, JobRow, RentalRow

Fact = tuple[str, str, str]  # title, value, tip


def facts(state: HostState) -> Iterator[Fact]:
    """What is measured of a host; what is not known is left out."""
    if load := _load(state):
        yield tr("Pieces at work"), load, tr("Pieces of work that it has, of those that it takes at a time")
    if state.rate >= 0.05 or state.running:
        yield tr("Speed"), tr("{n} jobs a second", n=words.decimal(state.rate)), tr("Over the last two minutes")
    if state.done:
        yield tr("Jobs done"), digits(state.done), tr("Since Kinora was started")
    if state.latency is not None:
        yield tr("Time to answer"), words.quick(state.latency), ""
    if state.devices:
        yield tr("Computes on"), devices(state.devices), ""
    if state.analyzers and state.row.kind is not HostKind.LOCAL:
        names = sorted(vocabulary.analysis(name) for name in state.analyzers)
        yield tr("Analyzers"), digits(len(names)), "\n".join(names)
    if state.packs:
        yield tr("Packs"), digits(len(state.packs)), "\n".join(sorted(state.packs))
    yield from _traffic(state)
    if state.price:
        yield tr("Price"), tr("{money} an hour", money=words.money(state.price)), ""
        yield tr("Cost so far"), words.money(state.cost), ""


def _traffic(state: HostState) -> Iterator[Fact]:
    """What went there and came back, and what is on its way now."""
    if state.sent or state.received:
        both = tr("{sent}, {received}", sent=words.size(state.sent), received=words.size(state.received))
        yield tr("Sent, received"), both, tr("Since Kinora was started")
    there, whole = state.way
    if whole:
        done = tr("{there} of {whole}, {percent} %", there=words.size(there), whole=words.size(whole),
                  percent=digits(100 * there // whole))  # fmt: skip
        yield tr("Being sent"), done, tr("What is on its way to it now")


def _load(state: HostState) -> str:
    """`3 of 4`, and how many wait there beyond that."""
    if not state.slots or state.status not in (HostStatus.READY, HostStatus.BUSY):
        return ""
    load = tr("{running} of {slots}", running=digits(min(state.running, state.slots)), slots=digits(state.slots))
    more = state.running - state.slots
    return tr("{load}, {n} waiting", load=load, n=digits(more)) if more > 0 else load


def devices(found: Sequence[Device]) -> str:
    """`NVIDIA A100, 80 GB`; equal ones are counted."""
    said = []
    for one in dict.fromkeys(found):
        amount = words.memory(one.memory)
        text = tr("{name}, {memory}", name=one.name, memory=amount) if one.memory else one.name
        said.append(words.several(found.count(one), text))
    return " · ".join(said)


def under(state: HostState) -> str:
    """How it is reached, where, and what it runs."""
    parts = [state.row.address, tr("Kinora {version}", version=state.version) if state.version else ""]
    return " · ".join(part for part in parts if part)


def now(jobs: Sequence[JobRow]) -> str:
    """`It works on: Faces (2), Text in pictures`; empty when nothing is at work there."""
    counts: dict[str, int] = {}
    for job in jobs:
        counts[job.analyzer] = counts.get(job.analyzer, 0) + 1
    said = [
        f"{vocabulary.analysis(name)} ({digits(count)})" if count > 1 else vocabulary.analysis(name)
        for name, count in sorted(counts.items(), key=lambda one: -one[1])
    ]
    return tr("It works on: {work}", work=", ".join(said)) if said else ""


def rests(state: HostState) -> str:
    """`It is asked again in 10 min.`"""
    left = state.aside_until - time.time()
    return tr("It is asked again in {time}.", time=words.span(max(0.0, left))) if state.aside_until else ""


def summary(states: Sequence[HostState]) -> str:
    """How many others there are and how fast all are together."""
    away = states[1:]
    working = sum(one.running > 0 for one in away)
    rate = sum(one.rate for one in states)
    parts = [
        trn("{n} other machine", "{n} other machines", len(away)) if away else tr("Only this computer works"),
        trn("{n} machine at work", "{n} machines at work", working) if working else "",
        ""
        if rate < 0.05
        else tr("{n} jobs a second together", n=words.decimal(rate))
        if away
        else tr("{n} jobs a second", n=words.decimal(rate)),
    ]
    return " · ".join(part for part in parts if part)


def rental_words(row: RentalRow) -> str:
    """`$0.42 an hour · $0.31 so far, at most $1.26`."""
    price = tr("{money} an hour", money=words.money(row.price))
    spent = tr("{cost} so far, at most {most}", cost=words.money(row.cost), most=words.money(row.reserved))
    return f"{price} · {spent}"


def stops(row: RentalRow, at: float) -> str:
    """The way to the hard stop: `Ends by itself in 1:59:03`."""
    if not row.stops or row.ended:
        return ""
    return tr("Ends by itself in {time}", time=words.clock(max(0.0, row.stops - at)))


def minutes(seconds: float) -> str:
    """A time that was reckoned, not measured: `about 25 min`."""
    return tr("about {time}", time=words.span(seconds))
