"""How a lake project begins: from the starter or as the demo, with the files of a forge and of editors."""
