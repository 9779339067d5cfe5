"""Review and appeal. Import the module you need: audits know its tables, and its queries know audits.

- `tables`: cases and what happened to them · `cases`: review, appeal, withdraw, decide, and more of the kind
- `marking`: what a person found · `desk`: who works on what
- `queues`: what waits for people, and how often they overruled a rule
"""
