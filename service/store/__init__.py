"""The store: everything that is kept in the database. Web code asks here and writes no SQL.

Every function takes the session that `Database.read()` or `Database.write()` gives, and returns rows or frozen values.

- `lists`: pages of recordings and findings with filters · `recordings`: one recording and its job
- `audits`: hearings and audits · `batches`: re-audits · `centre`: windows, staff, extensions, rosters
- `access`: users, sessions, API keys · `hooks`: webhooks · `workers`: heartbeats
"""

from service.store.database import Database
from service.store.lists import Filters
from service.store.pages import Page

__all__ = ["Database", "Filters", "Page"]
