"""Review and appeal. Import the module you need: audits know its tables, and its queries know audits.

- `tables`: cases and what happened to them · `cases`: review, appeal, withdraw, decide
- `queues`: what waits for people, and how often they overruled a rule
"""
