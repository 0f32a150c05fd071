"""The pages on which a person turns a key with a passkey, or registers one; served on this machine alone.

`desk` and `registering` hold what happens, `server` is the small web server, `page/` what the browser shows.
"""
