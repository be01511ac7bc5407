"""Maps of communities and grids, drawn on the server as SVG; they need no tiles and no network."""
