"""The command `ringi`: global options, the list of commands, and the one place where errors become exit codes.

Commands are imported only when they are called, so that `ringi --help` starts fast: each entry of COMMANDS names a module
of this folder with a function of the same name.
"""
