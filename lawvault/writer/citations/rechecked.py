"""What became of the citations of a document that was checked again."""

import collections
from dataclasses import dataclass
from typing import Literal

from lawvault.proof.claims import CLAIM_VERDICTS
from lawvault.writer.citations.held import HELD_VERDICTS
from lawvault.writer.document import Provenance

RECHECK_VERDICTS = tuple(dict.fromkeys((*HELD_VERDICTS, *CLAIM_VERDICTS)))
"""All verdicts; `unchanged` and `verified` are the good ones."""

GOOD = ("unchanged", "verified", "out_of_scope")

ProofState = Literal["ok", "altered", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecked:
    """One citation checked again.

    `start` to `end` is its place in `Recheck.text`, empty if what is told of is gone; `reason` is
    Chinese, `old` and `new` are the law's words then and now, where they differ.
    """

    citation: str
    verdict: str
    reason: str = ""
    start: int = 0
    end: int = 0
    context: str = ""
    old: str = ""
    new: str = ""
    provenance: Provenance | None = None

    @property
    def is_good(self) -> bool:
        """Whether nothing has to be done about it."""
        return self.verdict in GOOD and not (self.verdict == "out_of_scope" and self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """The verdicts in the order of the text, and a copy of the .docx with comments.

    `copy` is None for a plain text, and where there is nothing to comment on.
    """

    text: str
    verdicts: tuple[Rechecked, ...]
    proof_state: ProofState
    copy: bytes | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether nothing has to be done about the document."""
        return self.proof_state != "altered" and all(one.is_good for one in self.verdicts)

    @property
    def counts(self) -> dict[str, int]:
        """How many citations got each verdict, zeros left out."""
        found = collections.Counter(one.verdict for one in self.verdicts)
        return {verdict: found[verdict] for verdict in RECHECK_VERDICTS if found[verdict]}
