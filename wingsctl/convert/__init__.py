"""What people run already -> a profile, and a report of what became of each of its fields.

`run` is where a conversion starts, `kinds` the table of what is read by which function. A room
for what is read: `engine` (commands and environments), `kubernetes`, `docker`, `operators` (of
other projects, into Kubernetes' own objects). What they all work on stands here.
"""
