"""What a lake project needs in its forge: workflow, action, code owners, hooks. `ringi init` writes them.

`files` makes the texts from the catalog, `codeowners` the owners of each file, `block` keeps a part of a person's file up to
date. The templates lie in `github/`, without the dots and folders that they get in a project.
"""
