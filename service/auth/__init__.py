"""Who somebody is and what they may do and see.

- `passwords`: Argon2 · `login`: users and sessions · `identity`: who asks, from a cookie or a key
- `permissions`: what roles and keys may do · `rows`: which recordings they may see
- `users`: making users and keys · `commands`: the same on the command line, for the first administrator
"""
