"""Easel in Slack: people ask in forms and with buttons, and threads show what the records say.

Slack to Easel: `listeners` check what arrives, keep it as a row (`inbox`) and acknowledge; `errands` carries rows out.
Easel to Slack: `showing` makes each thread say what the records say, by the pure builders in `blocks`.
"""
