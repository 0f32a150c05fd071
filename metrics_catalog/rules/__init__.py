"""Rules over a whole catalog; one small file a concern, each rule a pure function from catalog to findings."""
