"""From the tree of a query to a plan for the store: alternatives become branches, words become folded terms."""

from dataclasses import dataclass
from functools import reduce

from engine.errors import QueryError
from engine.language import tr
from engine.packs import drawn
from engine.search.filters import BY_NAME, condition
from engine.search.query import All, Any, Filter, Node, Not, Phrase, Query, Word
from engine.store.fold import Term, tokens
from engine.store.plan import AllOf, AnyOf, Branch, Condition, Group, Like, NotOf, Plan, Together

MOST_BRANCHES = 24
LIKES = ("like", "logo")  # filters that are answered by vectors alone


def compiled(query: Query) -> Plan:
    """Return the plan of a query.

    Raises:
        QueryError: its alternatives multiply beyond reason.
    """
    return Plan() if query.root is None else Plan(tuple(_branches(query.root)))


def _branches(node: Node) -> list[Branch]:
    bare = _condition(node)
    if bare is not None:
        return [Branch(where=bare)]
    if isinstance(node, (Word, Phrase)):
        return [Branch(groups=(Group((term_of(node),)),))]
    if isinstance(node, Filter):
        examples, words = _examples(node), terms_of(node)
        alike = [Branch(likes=(Like(value, node.name, node.weight),)) for value in examples]
        return _either([*alike, *([Branch(groups=(Group(words),))] if words else [])])
    if isinstance(node, Not):
        return _denied(node.item)
    if isinstance(node, All):
        return _every([_branches(item) for item in paired(node).items])
    if isinstance(node, Any):
        return _either([branch for item in node.items for branch in _branches(item)])
    raise TypeError(node)


def _denied(node: Node) -> list[Branch]:
    """The opposite of a node that is not only filters, by De Morgan's laws."""
    if isinstance(node, (Word, Phrase)):
        return [Branch(bans=(term_of(node),))]
    if isinstance(node, Filter) and (_scope(node) or node.name in LIKES):
        unlike = tuple(Like(value, node.name) for value in _examples(node))
        return [Branch(bans=terms_of(node), unlike=unlike)]
    if isinstance(node, Any):
        return _every([_branches(Not(item)) for item in node.items])
    if isinstance(node, All):
        return _either([branch for item in paired(node).items for branch in _branches(Not(item))])
    return _branches(node.item) if isinstance(node, Not) else [Branch(where=NotOf(_only(node)))]


def _only(node: Node) -> Condition:
    found = _condition(node)
    if found is None:
        raise TypeError(node)
    return found


def _condition(node: Node) -> Condition | None:
    """The condition of a node in which only filters stand, None where there are words."""
    if isinstance(node, Filter):
        return None if _scope(node) or node.name in LIKES else condition(node.name, node.values)
    if isinstance(node, Not):
        inner = _condition(node.item)
        return None if inner is None else NotOf(inner)
    if isinstance(node, Pair):
        return node.together
    if isinstance(node, (All, Any)):
        node = paired(node) if isinstance(node, All) else node
        parts = [_condition(item) for item in node.items]
        known = tuple(part for part in parts if part is not None)
        if len(known) < len(parts):
            return None
        return AllOf(known) if isinstance(node, All) else AnyOf(known)
    return None


def _every(choices: list[list[Branch]]) -> list[Branch]:
    def both(left: list[Branch], right: list[Branch]) -> list[Branch]:
        return _bounded([one.joined(other) for one in left for other in right])

    return reduce(both, choices)


def _either(branches: list[Branch]) -> list[Branch]:
    """Alternatives: bare words among them become one group, which the index answers in one go."""
    bare = [branch for branch in branches if len(branch.groups) == 1 and branch == Branch(groups=branch.groups)]
    if len(bare) < 2:
        return _bounded(branches)
    groups: dict[str, dict[Term, None]] = {}
    for branch in bare:
        groups.setdefault(branch.groups[0].scope, {}).update(dict.fromkeys(branch.groups[0].terms))
    merged = [Branch(groups=(Group(tuple(terms)),)) for terms in groups.values()]
    return _bounded([*merged, *(branch for branch in branches if branch not in bare)])


def _bounded(branches: list[Branch]) -> list[Branch]:
    unique = list(dict.fromkeys(branches))
    if len(unique) > MOST_BRANCHES:
        text = tr(
            "This search has too many alternatives that depend on each other: more than {MOST_BRANCHES}.",
            MOST_BRANCHES=MOST_BRANCHES,
        )
        raise QueryError(text, start=0, end=0, hint=tr("Take some OR out of it."))
    return unique


def term_of(node: Word | Phrase) -> Term:
    """The folded term of a word or phrase."""
    if isinstance(node, Phrase):
        return Term(tokens(node.text), exact=True, typed=node.text, weight=node.weight)
    return Term(tokens(node.text), prefix=node.prefix, typed=node.text, weight=node.weight)


def terms_of(node: Filter) -> tuple[Term, ...]:
    """The folded terms of a filter that looks for words of one sort."""
    examples = _examples(node)
    return tuple(
        Term(tokens(value), value.endswith("*"), value in node.exact, _scope(node), value.rstrip("*"), node.weight)
        for value in node.values
        if value not in examples
    )


def _examples(node: Filter) -> tuple[str, ...]:
    """The values of a filter that vectors answer: pictures, logos, and bodies whose posture is meant."""
    if node.name == "pose":
        return tuple(value for value in node.values if value.startswith(("#", drawn.OPEN)))
    return node.values if node.name in LIKES else ()


def _scope(node: Filter) -> str:
    return BY_NAME[node.name].scope


@dataclass(frozen=True, slots=True)
class Pair:
    """`person:` and `with:` that stand side by side, as the one condition that they are."""

    together: Together


def paired(node: All) -> All:
    """The node with its `person:` and `with:` joined, if there is a `with:`: all of them at one time."""
    people = [item for item in node.items if isinstance(item, Filter) and item.name in ("person", "with")]
    if len(people) < 2 or all(item.name == "person" for item in people):
        return node
    groups: list[tuple[str, ...]] = []
    for item in people:
        groups += [item.values] if item.name == "person" else [(value,) for value in item.values]
    rest = [item for item in node.items if item not in people]
    return All((*rest, Pair(Together(tuple(dict.fromkeys(groups))))))  # type: ignore[arg-type]  # lives only here
