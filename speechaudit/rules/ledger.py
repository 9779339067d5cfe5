"""Rules and ledgers must agree both ways: what a rule cites, the clause must name, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from speechaudit.rules.rulebook import Rulebook


def disagreements(book: Rulebook) -> Iterator[str]:
    """Yield one Chinese line for each citation that stands on one side only."""
    cited = {(rule.id, source.document, source.clause) for rule in book.rules for source in rule.sources}
    named = {
        (rule, document, clause.id)
        for document, ledger in book.ledgers.items()
        for clause in ledger.clauses
        for rule in clause.rules
    }
    for rule, document, clause in sorted(cited - named):
        yield f"规则 {rule} 引用了 {document} 的条款 {clause},但台账 sources/{document}.yml 的该条没有列出这条规则"
    for rule, document, clause in sorted(named - cited):
        yield f"台账 sources/{document}.yml 的条款 {clause} 列出了规则 {rule},但该规则没有引用它(或不存在)"


def coverage(book: Rulebook) -> dict[str, tuple[int, int]]:
    """Return for each document the number of clauses that rules cover, and the number of all."""
    return {
        document: (sum(bool(clause.rules) for clause in ledger.clauses), len(ledger.clauses))
        for document, ledger in book.ledgers.items()
    }
