"""Audits: what was heard and what was judged, stored once per job, read whole or as rows.

- `tables`: hearings, audits, encounters, findings · `findings`: a finding as a row
- `hearings`: transcripts that can be judged again
- `tallies`: the figures of services, for reports of many
- `packing`: an audit as bytes, of which a part can be read
- `storing`: audits in and out · `proposing`: many of a re-audit at a time
- `decisions`: what people decided, brought into the rows
"""

from service.store.audits.decisions import decisions_of, final_audit, has_appeal, lost_appeals, mark_as_json, settle
from service.store.audits.findings import staff_id_in
from service.store.audits.hearings import (
    TranscriptRecord,
    find_transcript,
    save_transcript,
    seconds_heard,
    transcript,
    transcript_digest,
)
from service.store.audits.packing import packed
from service.store.audits.proposing import Proposal, keep_proposals, proposal
from service.store.audits.storing import (
    appealed,
    coded,
    content,
    counting,
    counting_in_part,
    current,
    find_current,
    finding,
    findings_of,
    history,
    make_current,
    row_of,
    save,
    set_place,
    spoken,
    stored,
)
from service.store.audits.tables import (
    AuditRow,
    EncounterRow,
    FindingCode,
    FindingRow,
    HearingRow,
    TallyRow,
    TallySheet,
)

__all__ = [
    "AuditRow",
    "EncounterRow",
    "FindingCode",
    "FindingRow",
    "HearingRow",
    "Proposal",
    "TallyRow",
    "TallySheet",
    "TranscriptRecord",
    "appealed",
    "coded",
    "content",
    "counting",
    "counting_in_part",
    "current",
    "decisions_of",
    "final_audit",
    "find_current",
    "find_transcript",
    "finding",
    "findings_of",
    "has_appeal",
    "history",
    "keep_proposals",
    "lost_appeals",
    "make_current",
    "mark_as_json",
    "packed",
    "proposal",
    "row_of",
    "save",
    "save_transcript",
    "seconds_heard",
    "set_place",
    "settle",
    "spoken",
    "staff_id_in",
    "stored",
    "transcript",
    "transcript_digest",
]
