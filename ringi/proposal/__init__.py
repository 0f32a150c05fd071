"""A proposal before its keys are turned: the diff, the preview, the worked examples, and the hearings."""
