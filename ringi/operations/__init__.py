"""Operations on an opened lake, which they hold while they change it: landing, streams, runs, backfills, maintenance and erasure."""
