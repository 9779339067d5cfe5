"""Recordings that recorders write into watched folders, with their call logs and the files beside them.

The modules in `kinds` read call records from what recorders write, `call_logs` finds the one of a recording, `folder`
and `watcher` look after folders; what is ready goes to `service.ingest`.
"""
