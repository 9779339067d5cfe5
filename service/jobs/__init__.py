"""Jobs: recordings heard and judged in the background, each audit exactly once, whatever process dies.

- `work.Work`: what a job does, step by step, without any queue
- `queue.JobQueue`: hands jobs to whichever worker is free; used by the HTTP side
- `engine.Engine`: runs jobs in a worker process, with heartbeat and a sweep of dead workers' jobs
"""
