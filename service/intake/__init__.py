"""Recordings that recorders bring by themselves: watched folders, call logs, HTTP pushes, and what waits for a person.

`source` says where they come from (settings), `facts` what is known of a call, the modules in `kinds` read it from what
recorders write, `matching` finds window and staff, `taking` stores, `folder` and `watcher` look after folders.
"""
