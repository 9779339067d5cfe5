"""The pages: one more reader of the functions that answer the API, with the same permissions and masking.

- `guard`: who may open a page, and what happens to who is not signed in · `rendering`: templates and what all share
- `assets`: scripts and styles under addresses that change with their content · `messages`: what is said once
- `lost`: forms that outlive a session · `failing`: errors as pages · `navigation`: who finds what where
- `pages/`: each page a route; its template has the same name, and so has its test
"""
