"""The API: each module a heading of docs/api.md; `access` says what each route needs."""
