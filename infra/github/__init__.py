"""The GitHub API, of github.com or of an enterprise server: pull requests, reviews and one comment.

Must never decide whether a review counts (that is `governance.keys.github_review`), nor print, log or store a token.
"""
