"""The report of a change: one value gathered from the diff, the lake, the gate and the other metrics, and its two forms.

`gather.report` makes the value; `markdown.text` and `as_json.as_object` print it. The same inputs give the same text: no clock, no
path of this machine, nothing of its speed. Used by `ringi report`.
"""
