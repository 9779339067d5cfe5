"""From what was measured to a centre, a city, a province and the country: what it takes, and what breaks first.

- `measuring`: the measured points, kept in `measured.json`
- `waits`: a real run of the service, whose waiting times the simulation has to foretell
- `simulation`: the queue as it is, event by event
- `sums`: measured points times assumptions
- `page`: the tables of `docs/scaling.md`
"""
