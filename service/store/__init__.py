"""The store: everything that is kept in the database. Web code asks here and writes no SQL.

Every function takes the session that `Database.read()` or `Database.write()` gives, and returns rows or frozen values.
Tables stand beside their queries, one file or folder for each concept:

- `recordings`: one recording and its job · `audits`: hearings, audits, encounters, findings
- `reviews`: review and appeal of findings · `reaudits`: a selection judged again · `changes`: what it finds otherwise
- `lists`: pages of recordings and findings with filters · `search`: words in transcripts
- `issued`: reports as they were issued
- `centre`: windows, staff, extensions, rosters · `accounts`: users, sessions, API keys · `logbook`: who did what
- `intake`: recordings that wait for a person · `sources`: recorders set on a page
- `webhooks`: addresses and deliveries · `trials`: rules tried on what was heard · `workers`: heartbeats
- `sums`: scores and verdicts of each day, added up · `stale`: days whose sums are out of date
- `retention`: what grew too old · `figures`: counts for the metrics · `failures`: why a job failed
- `voices`: who agreed to a voice profile

What all of them share: `base` (column types), `database` (sessions, migrations), `pages` (cursors). `tables` imports
every table, for the migrations.
"""

from service.store.database import Database
from service.store.lists import Filters
from service.store.pages import Page

__all__ = ["Database", "Filters", "Page"]
