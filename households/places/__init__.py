"""Files that say where things are: positions of buildings, areas of grids, barriers."""
