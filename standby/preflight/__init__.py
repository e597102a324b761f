"""What AWS would refuse, before anything is made: facts of the account, pure checks over them, and a report.

`facts` reads, and calls each model once. `checks` compares the facts with the synthesized stack. `collect` does both,
and `report` shows the findings. A fact that cannot be read is unknown, and never fine.
"""
