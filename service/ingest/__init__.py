"""The one way in: a sound with what is told of it becomes a recording, or waits for a person.

`call_record` is what is told, `fields` reads it from what recorders write under names of their own, `placing` finds
window and staff, `doubts` say why there are none, `receiving` stores and queues. Uploads, pushes, watched folders and
what people complete all come through here.
"""
